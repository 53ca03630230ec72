using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Providers;
using Orleans.Runtime;
using Orleans.Storage;

namespace Orleans.Activations;

/// <summary>Makes instances of one grain class: services, the grain's context and stored states go into its constructor.</summary>
internal sealed class GrainConstructor
{
    private readonly ConstructorInfo _constructor;
    private readonly ConstructorInvoker _invoker;
    private readonly Func<Activation, object?>[] _arguments;

    public GrainConstructor(Type grainClass)
    {
        var candidates = grainClass.GetConstructors(BindingFlags.Instance | BindingFlags.Public);
        _constructor = candidates.SingleOrDefault(c => c.IsDefined(typeof(ActivatorUtilitiesConstructorAttribute)))
            ?? candidates.MaxBy(c => c.GetParameters().Length)
            ?? throw new OrleansConfigurationException($"Grain class {grainClass.FullName} has no public constructor.");
        _invoker = ConstructorInvoker.Create(_constructor);
        _arguments = [.. _constructor.GetParameters().Select(ArgumentFor)];
    }

    public object Invoke(Activation activation)
    {
        if (_arguments.Length == 0)
            return _invoker.Invoke();
        var arguments = new object?[_arguments.Length];
        for (var i = 0; i < arguments.Length; i++)
            arguments[i] = _arguments[i](activation);
        return _invoker.Invoke(arguments.AsSpan());
    }

    private static Func<Activation, object?> ArgumentFor(ParameterInfo parameter)
    {
        var type = parameter.ParameterType;
        if (parameter.GetCustomAttribute<PersistentStateAttribute>() is { } state)
            return StateFor(parameter, state);
        if (type == typeof(IGrainContext))
            return static activation => activation;
        if (type == typeof(IGrainFactory) || type == typeof(IClusterClient))
            return static activation => activation.Silo;
        if (parameter.GetCustomAttribute<FromKeyedServicesAttribute>() is { } keyed)
            return activation => activation.ActivationServices.GetRequiredKeyedService(type, keyed.Key);
        if (parameter.HasDefaultValue)
            return activation => activation.ActivationServices.GetService(type) ?? parameter.DefaultValue;
        return activation => activation.ActivationServices.GetService(type) ?? throw new InvalidOperationException(
            $"The constructor of grain class {parameter.Member.DeclaringType!.FullName} asks for {type.FullName} {parameter.Name}, " +
            "which is not a registered service.");
    }

    private static Func<Activation, object?> StateFor(ParameterInfo parameter, PersistentStateAttribute attribute)
    {
        var type = parameter.ParameterType;
        var owner = parameter.Member.DeclaringType!.FullName;
        if (!type.IsConstructedGenericType || type.GetGenericTypeDefinition() != typeof(IPersistentState<>))
            throw new OrleansConfigurationException(
                $"Parameter {parameter.Name} of grain class {owner} has [PersistentState] and must be an IPersistentState<T>.");
        var create = ConstructorInvoker.Create(
            typeof(PersistentState<>).MakeGenericType(type.GenericTypeArguments).GetConstructors().Single());
        var provider = attribute.StorageName ?? ProviderConstants.DEFAULT_STORAGE_PROVIDER_NAME;
        return activation => create.Invoke(
            activation, StorageFor(activation, provider, $"parameter {parameter.Name} of grain class {owner}"), attribute.StateName);
    }

    private static IGrainStorage StorageFor(Activation activation, string provider, string asker) =>
        activation.Silo.Services.GetKeyedService<IGrainStorage>(provider) ?? throw new BadProviderConfigException(
            $"There is no grain storage named '{provider}', which {asker} asks for. Register one in UseOrleans: " +
            $"silo.AddMemoryGrainStorage(\"{provider}\"), or silo.Services.AddKeyedSingleton<IGrainStorage>(\"{provider}\", ...).");
}
