using System.Linq.Expressions;
using System.Reflection;
using Hearth.Functions.Payloads;
using Hearth.Functions.Registration;
using Microsoft.Extensions.DependencyInjection;

namespace Hearth.Objects.Operations;

/// <summary>
/// Turns a delegate into an operation, compiled once. Its parameters, in any order: the state (the first of its type), the input (the first
/// that is nothing else), <see cref="ObjectContext"/>, <see cref="CancellationToken"/> and services. What it returns, or the task of it: the
/// output; of an operation that may change the state also the new state, or a pair of new state and output.
/// </summary>
internal static class OperationFactory
{
    private static readonly MethodInfo CreateMethod = typeof(OperationFactory).GetMethod(nameof(CreateTyped), BindingFlags.NonPublic | BindingFlags.Static)!;
    private static readonly MethodInfo PairMethod = typeof(OperationFactory).GetMethod(nameof(CreatePair), BindingFlags.NonPublic | BindingFlags.Static)!;

    /// <exception cref="ArgumentException">The delegate has another shape; the message names the object, the operation and what is wrong.</exception>
    public static ObjectOperation Create<TState>(string name, OperationRegistration operation, StateJson<TState> states, IServiceProvider services)
        where TState : class, new()
    {
        var where = $"Object '{name}', operation '{operation.Name}'";
        var known = services.GetService<IServiceProviderIsService>();
        var parameters = operation.Body.Method.GetParameters();
        var state = parameters.FirstOrDefault(p => p.ParameterType == typeof(TState));
        if (state is null)
            throw new ArgumentException($"{where}: it takes no {typeof(TState).Name}, which is the state.", nameof(operation));
        var others = parameters.Where(p => p != state && !IsSpecial(p.ParameterType) && known?.IsService(p.ParameterType) != true).ToList();
        if (others.Count > 1)
        {
            throw new ArgumentException(
                $"{where}: parameter '{others[1].Name}' ({others[1].ParameterType.Name}) is neither the input, which is '{others[0].Name}', nor a registered service.",
                nameof(operation));
        }

        var input = others.FirstOrDefault();
        var result = DelegateFunction.ResultType(operation.Body.Method.ReturnType);
        if (typeof(Stream).IsAssignableFrom(input?.ParameterType) || typeof(Stream).IsAssignableFrom(result))
            throw new ArgumentException($"{where}: operations do not stream; take or return byte[].", nameof(operation));
        var plan = new Plan<TState>(operation, states, services, state, input);
        var tIn = input?.ParameterType ?? typeof(Nothing);
        return IsPair<TState>(result) && !operation.IsRead
            ? Invoke(PairMethod.MakeGenericMethod(typeof(TState), tIn, result.GenericTypeArguments[1]), plan)
            : Invoke(CreateMethod.MakeGenericMethod(typeof(TState), tIn, result), plan);
    }

    private static ObjectOperation CreateTyped<TState, TIn, TResult>(Plan<TState> plan)
        where TState : class, new() => typeof(TResult) == typeof(TState) && !plan.Operation.IsRead
            ? Typed<TState, TIn, TState, Nothing>(plan, static (_, next) => next, static _ => default)
            : Typed<TState, TIn, TResult, TResult>(plan, static (state, _) => state, static output => output);

    private static ObjectOperation CreatePair<TState, TIn, TOut>(Plan<TState> plan)
        where TState : class, new() =>
        Typed<TState, TIn, (TState State, TOut Output), TOut>(plan, static (_, both) => both.State, static both => both.Output);

    private static TypedOperation<TState, TIn, TResult, TOut> Typed<TState, TIn, TResult, TOut>(
        Plan<TState> plan, Func<TState, TResult, TState> stateOf, Func<TResult, TOut> outputOf)
        where TState : class, new() => new(plan.States, Compile<TState, TIn, TResult>(plan), stateOf, outputOf)
        {
            Name = plan.Operation.Name, IsRead = plan.Operation.IsRead, Description = plan.Operation.Description,
        };

    private static OperationBody<TState, TIn, TResult> Compile<TState, TIn, TResult>(Plan<TState> plan)
        where TState : class, new()
    {
        var state = Expression.Parameter(typeof(TState), "state");
        var input = Expression.Parameter(typeof(TIn), "input");
        var context = Expression.Parameter(typeof(ObjectContext), "context");
        var token = Expression.Parameter(typeof(CancellationToken), "cancellationToken");
        var arguments = plan.Operation.Body.Method.GetParameters().Select(p =>
            p == plan.State ? state
            : p == plan.Input ? input
            : p.ParameterType == typeof(ObjectContext) ? context
            : p.ParameterType == typeof(CancellationToken) ? token
            : (Expression)Expression.Call(
                typeof(ServiceProviderServiceExtensions), nameof(ServiceProviderServiceExtensions.GetRequiredService), [p.ParameterType],
                Expression.Constant(plan.Services)));
        var call = Expression.Invoke(Expression.Constant(plan.Operation.Body), arguments);
        return Expression.Lambda<OperationBody<TState, TIn, TResult>>(DelegateFunction.ToValueTask<TResult>(call), state, input, context, token).Compile();
    }

    private static ObjectOperation Invoke(MethodInfo method, object plan) =>
        (ObjectOperation)method.Invoke(null, BindingFlags.DoNotWrapExceptions, null, [plan], null)!;

    private static bool IsSpecial(Type type) => type == typeof(ObjectContext) || type == typeof(CancellationToken);

    private static bool IsPair<TState>(Type type) =>
        type.IsGenericType && type.GetGenericTypeDefinition() == typeof(ValueTuple<,>) && type.GenericTypeArguments[0] == typeof(TState);

    private sealed record Plan<TState>(
        OperationRegistration Operation, StateJson<TState> States, IServiceProvider Services, ParameterInfo State, ParameterInfo? Input)
        where TState : class, new();
}
