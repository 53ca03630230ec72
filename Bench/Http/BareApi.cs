// Compiled into the tests as well, which have none of a web project's usings.
#pragma warning disable IDE0005
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
#pragma warning restore IDE0005

namespace Hearth.Bench.Http;

/// <summary>The ceiling of a call: a bare minimal API that reads a JSON body and answers JSON.</summary>
internal static class BareApi
{
    public static async Task<WebApplication> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.ConfigureHttpJsonOptions(o => o.SerializerOptions.TypeInfoResolverChain.Insert(0, BareJson.Default));
        var app = builder.Build();
        app.MapPost("/invoke", (Invoice invoice) => new Accepted(invoice.I, "accepted"));
        await app.StartAsync();
        return app;
    }
}

internal sealed record Invoice(long I, string Kind, string Customer, string Email, string Pad);

internal sealed record Accepted(long I, string Status);

[JsonSourceGenerationOptions(System.Text.Json.JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(Invoice))]
[JsonSerializable(typeof(Accepted))]
internal sealed partial class BareJson : JsonSerializerContext;
