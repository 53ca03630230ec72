using Orleans.Discovery;
using Orleans.Dispatch;
using Orleans.Runtime;

namespace Hearth.Bench.Engine.Dispatch;

/// <summary>What a source generator would write for <see cref="IBenchGrain"/>.</summary>
internal sealed class HandWrittenReference(GrainInterface shared, string key) : GrainReference(shared, key), IBenchGrain
{
    public Task<int> Add(int number) => Call(new AddRequest { Number = number });

    private sealed class AddRequest : TaskRequest<int>
    {
        private static readonly GrainMethod s_method = new(typeof(IBenchGrain), typeof(IBenchGrain).GetMethod(nameof(IBenchGrain.Add))!, 0, typeof(AddRequest));

        public int Number;

        public override GrainMethod Method => s_method;
        protected override Task<int> Call(object grain) => ((IBenchGrain)grain).Add(Number);
    }
}
