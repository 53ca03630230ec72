using System.Buffers;
using System.Runtime.CompilerServices;
using Hearth.Api.Http;
using Hearth.Api.Objects;
using Hearth.Client;
using Hearth.Client.Http;
using Hearth.Cluster;
using Hearth.Functions.Payloads;
using Hearth.Objects;
using Hearth.Storage;

namespace Hearth.InProcess;

/// <summary>Objects, asked as the API asks them.</summary>
internal sealed class InProcessObjects(ObjectRegistry objects, IGrainFactory grains, IGrainStateStore store, TimeProvider clock)
{
    private const int PageSize = 100;

    public Task<Payload> OperateAsync(string name, string key, string operation, Payload input, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(input);
        var served = Find(name);
        if (!served.Operations.TryGetValue(operation, out var found))
            throw Problems.UnknownOperation(served, operation).ToException();
        var read = PayloadInput.Read(input, found.Input);
        var call = new ObjectCall(operation, read.ContentType, read.Body.ToArray(), read.Lenient);
        return AskAsync(served, key, Repeat.OnlyIfNotDone, async grain =>
        {
            var answer = await GrainCalls.UntilTakenAsync(
                () => found.IsRead ? grain.ReadAsync(call, cancellationToken) : grain.RunAsync(call, cancellationToken), clock, found.IsRead);
            cancellationToken.ThrowIfCancellationRequested();
            if (answer.End != ObjectEnd.Succeeded)
                throw Problems.From(served, call, answer).ToException();
            return answer.ContentType is null || found.Output.Kind == PayloadKind.None ? Payload.None : new Payload(answer.ContentType, answer.Output);
        }, cancellationToken);
    }

    public Task<Payload?> GetStateAsync(string name, string key, CancellationToken cancellationToken) => AskAsync(
        Find(name), key, Repeat.Always, async grain => await GrainCalls.RepeatAsync(() => grain.ShowAsync(cancellationToken), clock) is { } snapshot
            ? new Payload(MediaTypes.Json, snapshot.State)
            : null, cancellationToken);

    public Task<bool> DeleteStateAsync(string name, string key, CancellationToken cancellationToken) => AskAsync(
        Find(name), key, Repeat.OnlyIfNotDone,
        grain => GrainCalls.UntilTakenAsync(() => grain.DeleteAsync(cancellationToken), clock, isRepeatable: false), cancellationToken);

    public async IAsyncEnumerable<StateInfo> ListStatesAsync(string name, string? prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var all = $"{ObjectGrain.TypeName}/{ObjectKey.Of(Find(name).Options.Pool, name, "")}";
        for (string? after = null; ;)
        {
            var heads = await Answering.AskAsync(
                () => store.ListAsync(ObjectGrain.StateName, all + prefix, after, PageSize, cancellationToken), Repeat.Always, clock, cancellationToken);
            foreach (var head in heads)
                yield return new StateInfo(head.Grain[all.Length..], head.Bytes, head.UpdatedAt);
            if (heads.Count < PageSize)
                yield break;
            after = heads[^1].Grain;
        }
    }

    private ServedObject Find(string name) => objects.Find(name) ?? throw Problems.UnknownObject(name, objects.Near(name)).ToException();

    private Task<T> AskAsync<T>(ServedObject served, string key, Repeat repeat, Func<IObjectGrain, Task<T>> ask, CancellationToken cancellationToken)
    {
        if (!ObjectKey.IsValid(key))
            throw Problems.InvalidInput($"'{Problems.Shown(key)}' cannot be a key: {ObjectKey.Rule}.", "key").ToException();
        return Answering.AskAsync(async () =>
        {
            if (!served.TryEnter())
                throw Problems.BusyObject(served).ToException();
            try
            {
                return await ask(served.Of(grains, key));
            }
            catch (Exception e) when (e is not (HearthException or OperationCanceledException) && ObjectRoute.Explain(e) is { } problem)
            {
                throw problem.ToException(e);
            }
            finally
            {
                served.Leave();
            }
        }, repeat, clock, cancellationToken);
    }
}
