using Hearth.Client;

namespace Hearth.Tests.Client;

/// <summary>The contract over HTTP.</summary>
public sealed class HttpClientTests(ClientSilo silo) : ClientContract(silo), IClassFixture<ClientSilo>, IDisposable
{
    private readonly HearthClient client = new(new HearthClientOptions { Endpoint = silo.Address });

    protected override IHearthClient Client => client;

    public void Dispose() => client.Dispose();
}
