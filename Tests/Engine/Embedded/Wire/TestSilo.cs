using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans;
using Orleans.Configuration;
using Orleans.Embedded;
using Orleans.Hosting;

namespace Hearth.Tests.Engine.Embedded.Wire;

/// <summary>One silo among several in this process.</summary>
internal sealed class TestSilo : IAsyncDisposable
{
    private readonly IHost _host;
    private readonly TestView _view;

    private TestSilo(IHost host, TestView view, TestLocator locator, X509Certificate2 certificate) =>
        (_host, _view, Locator, Certificate) = (host, view, locator, certificate);

    public TestLocator Locator { get; }
    public X509Certificate2 Certificate { get; }
    public string Id => Locator.Self;
    public IGrainFactory Grains => _host.Services.GetRequiredService<IGrainFactory>();
    public Orleans.Embedded.Silo Engine => _host.Services.GetRequiredService<Orleans.Embedded.Silo>();
    public int Port => _host.Services.GetRequiredService<SiloListener>().Port;

    public static async Task<TestSilo> StartAsync(TestView view, string id, Action<SiloConnectionOptions>? connections = null, TimeSpan? responseTimeout = null)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new());
        var (locator, certificate) = (view.NewLocator(id), NewCertificate(id));
        builder.Services.AddSingleton<IGrainLocator>(locator);
        builder.UseOrleans(silo =>
        {
            silo.AddMemoryGrainStorageAsDefault();
            silo.Services.Configure<SiloConnectionOptions>(o =>
            {
                o.Certificate = certificate;
                connections?.Invoke(o);
            });
            silo.Services.Configure<SiloMessagingOptions>(o => o.ResponseTimeout = responseTimeout ?? TimeSpan.FromSeconds(60));
        });
        builder.Logging.ClearProviders();
        var silo = new TestSilo(builder.Build(), view, locator, certificate);
        view.Set(id, new(new("127.0.0.1", silo.Port, HashOf(certificate))));
        await silo._host.StartAsync();
        return silo;
    }

    public static X509Certificate2 NewCertificate(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        return request.CreateSelfSigned(TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(30));
    }

    public static byte[] HashOf(X509Certificate2 certificate) => certificate.GetCertHash(HashAlgorithmName.SHA256);

    public IFarGrain Far(string key) => Grains.GetGrain<IFarGrain>(key);

    /// <summary>As if the process were killed: nothing is said to anybody.</summary>
    public void Kill() => Engine.Router.Others!.Dispose();

    public async Task StopAsync()
    {
        _view.Drain(Id);
        await _host.StopAsync().WaitAsync(Gate.Patience);
    }

    public async ValueTask DisposeAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        await _host.StopAsync(patience.Token);
        _host.Dispose();
        Certificate.Dispose();
    }
}
