using Hearth.Client;
using Microsoft.Extensions.DependencyInjection;

namespace Hearth.Tests.Client;

/// <summary>The contract inside a silo.</summary>
public sealed class InProcessClientTests(ClientSilo silo) : ClientContract(silo), IClassFixture<ClientSilo>
{
    protected override IHearthClient Client => Silo.Application.Web.Services.GetRequiredService<IHearthClient>();
}
