using System.Linq.Expressions;
using System.Reflection;
using Orleans.Discovery;
using Orleans.Dispatch;
using Orleans.Runtime;

namespace Hearth.Bench.Engine.Dispatch;

/// <summary>One request class for all methods of a shape, which calls the grain through a compiled expression.</summary>
internal sealed class ExpressionReference(GrainInterface shared, string key) : GrainReference(shared, key), IBenchGrain
{
    private static readonly MethodInfo s_add = typeof(IBenchGrain).GetMethod(nameof(IBenchGrain.Add))!;
    private static readonly GrainMethod s_method = new(typeof(IBenchGrain), s_add, 0, typeof(Request));
    private static readonly Func<object, int, Task<int>> s_call = Compile<Func<object, int, Task<int>>>(s_add);

    public Task<int> Add(int number) => Call(new ExpressionRequest<int, int>(s_method, s_call, number));

    public static TDelegate Compile<TDelegate>(MethodInfo method) where TDelegate : Delegate
    {
        var grain = Expression.Parameter(typeof(object));
        var arguments = method.GetParameters().Select(p => Expression.Parameter(p.ParameterType)).ToArray();
        var call = Expression.Call(Expression.Convert(grain, method.DeclaringType!), method, arguments);
        return Expression.Lambda<TDelegate>(call, [grain, .. arguments]).Compile();
    }

    private sealed class ExpressionRequest<TArgument, TResult>(
        GrainMethod method, Func<object, TArgument, Task<TResult>> call, TArgument argument) : TaskRequest<TResult>
    {
        public override GrainMethod Method => method;
        protected override Task<TResult> Call(object grain) => call(grain, argument);
    }
}
