using System.Linq.Expressions;
using System.Reflection;
using Hearth.Functions.Payloads;
using Hearth.Functions.Runs;
using Microsoft.Extensions.DependencyInjection;

namespace Hearth.Functions.Registration;

/// <summary>
/// Turns a delegate of any shape into a <see cref="FunctionBody{TIn,TOut}"/>, compiled once. Its parameters, in any order: the input (the
/// first that is nothing else), <see cref="FunctionContext"/>, <see cref="CancellationToken"/>, a second <see cref="Stream"/> for streamed
/// output, and services. It returns a value, <see cref="Task"/>, <see cref="Task{T}"/>, <see cref="ValueTask"/>, <see cref="ValueTask{T}"/> or
/// nothing.
/// </summary>
internal static class DelegateFunction
{
    private static readonly MethodInfo CreateMethod =
        typeof(DelegateFunction).GetMethod(nameof(CreateTyped), BindingFlags.NonPublic | BindingFlags.Static)!;

    public static ServedFunction Create(string name, Delegate body, FunctionOptions options, FunctionHost host)
    {
        var services = host.Services.GetService<IServiceProviderIsService>();
        var parameters = body.Method.GetParameters();
        var input = parameters.FirstOrDefault(p => !IsSpecial(p.ParameterType) && services?.IsService(p.ParameterType) != true);
        var output = parameters.FirstOrDefault(p => p != input && p.ParameterType == typeof(Stream));
        var tIn = input?.ParameterType ?? typeof(Nothing);
        var tOut = ResultType(body.Method.ReturnType);
        if (output is not null && (tIn != typeof(Stream) || tOut != typeof(Nothing)))
        {
            throw new ArgumentException(
                $"Function '{name}': with an output stream the input must be a Stream too, and the delegate must return Task, ValueTask or void.", nameof(body));
        }

        var surplus = parameters.FirstOrDefault(p => p != input && p != output && !IsSpecial(p.ParameterType) && services?.IsService(p.ParameterType) == false);
        if (surplus is not null)
        {
            throw new ArgumentException(
                $"Function '{name}': parameter '{surplus.Name}' ({surplus.ParameterType.Name}) is neither the input, which is '{input!.Name}', nor a registered service.",
                nameof(body));
        }

        if (typeof(Stream).IsAssignableFrom(tOut))
        {
            throw new ArgumentException(
                $"Function '{name}' returns a Stream: take a second Stream parameter and write to that, or return byte[].", nameof(body));
        }

        return Invoke(CreateMethod.MakeGenericMethod(tIn, tOut), [name, body, options, host, input, output]);
    }

    private static ServedFunction Invoke(MethodInfo method, object?[] arguments) =>
        (ServedFunction)method.Invoke(null, BindingFlags.DoNotWrapExceptions, null, arguments, null)!;

    private static TypedFunction<TIn, TOut> CreateTyped<TIn, TOut>(
        string name, Delegate body, FunctionOptions options, FunctionHost host, ParameterInfo? input, ParameterInfo? output) =>
        new(name, options, host, Compile<TIn, TOut>(body, host.Services, input, output), streamsOutput: output is not null);

    private static FunctionBody<TIn, TOut> Compile<TIn, TOut>(Delegate body, IServiceProvider services, ParameterInfo? input, ParameterInfo? output)
    {
        var tIn = Expression.Parameter(typeof(TIn), "input");
        var stream = Expression.Parameter(typeof(Stream), "output");
        var context = Expression.Parameter(typeof(FunctionContext), "context");
        var token = Expression.Parameter(typeof(CancellationToken), "cancellationToken");
        var arguments = body.Method.GetParameters().Select(p =>
            p == input ? tIn
            : p == output ? (Expression)stream
            : p.ParameterType == typeof(FunctionContext) ? context
            : p.ParameterType == typeof(CancellationToken) ? token
            : Expression.Call(
                typeof(ServiceProviderServiceExtensions), nameof(ServiceProviderServiceExtensions.GetRequiredService), [p.ParameterType],
                Expression.Constant(services)));
        var call = Expression.Invoke(Expression.Constant(body), arguments);
        return Expression.Lambda<FunctionBody<TIn, TOut>>(ToValueTask<TOut>(call), tIn, stream, context, token).Compile();
    }

    /// <summary>What a delegate gave, in the one shape.</summary>
    internal static Expression ToValueTask<TOut>(Expression call)
    {
        var type = call.Type;
        if (type == typeof(ValueTask<TOut>))
            return call;
        if (type == typeof(Task<TOut>) || type == typeof(TOut))
            return Expression.New(typeof(ValueTask<TOut>).GetConstructor([type])!, call);
        if (type == typeof(void))
            return Expression.Block(call, Expression.Default(typeof(ValueTask<TOut>)));
        var wait = typeof(DelegateFunction).GetMethod(nameof(NothingAsync), BindingFlags.NonPublic | BindingFlags.Static)!;
        return Expression.Call(wait, type == typeof(Task) ? Expression.New(typeof(ValueTask).GetConstructor([typeof(Task)])!, call) : call);
    }

    private static async ValueTask<Nothing> NothingAsync(ValueTask task)
    {
        await task;
        return default;
    }

    private static bool IsSpecial(Type type) => type == typeof(FunctionContext) || type == typeof(CancellationToken);

    /// <summary>What comes out in the end of what a delegate returns.</summary>
    internal static Type ResultType(Type type)
    {
        if (type == typeof(void) || type == typeof(Task) || type == typeof(ValueTask))
            return typeof(Nothing);
        return type.IsGenericType && (type.GetGenericTypeDefinition() == typeof(Task<>) || type.GetGenericTypeDefinition() == typeof(ValueTask<>))
            ? type.GetGenericArguments()[0]
            : type;
    }
}
