using System.Net;
using Hearth.Api;
using Hearth.Api.Calls;
using Hearth.Api.Cluster;
using Hearth.Api.Functions;
using Hearth.Api.Jobs;
using Hearth.Api.Jobs.Bulk;
using Hearth.Api.Jobs.Events;
using Hearth.Api.Jobs.Lists;
using Hearth.Api.Jobs.Queues;
using Hearth.Api.Jobs.Submitting;
using Hearth.Api.Jobs.Timeline;
using Hearth.Api.Jobs.Workers;
using Hearth.Api.Objects;
using Hearth.Api.OpenApi;
using Hearth.Api.Schedules;
using Hearth.Auth;
using Hearth.Client;
using Hearth.Cluster;
using Hearth.Engines;
using Hearth.Functions;
using Hearth.Functions.Registration;
using Hearth.Functions.Runs;
using Hearth.InProcess;
using Hearth.Jobs;
using Hearth.Jobs.Bulk;
using Hearth.Jobs.Errors;
using Hearth.Objects;
using Hearth.Observability;
using Hearth.Requests;
using Hearth.Schedules;
using Hearth.Queues;
using Hearth.Storage;
using Hearth.WebConsole;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Net.Http.Headers;

namespace Hearth.Hosting;

/// <summary>Puts a silo together. Reads like a table of contents.</summary>
internal static class SiloHost
{
    public static HearthApplication Build(HearthApplicationBuilder builder, HearthOptions options)
    {
        var keyHash = AdminKeyFile.Load(options);
        SafeStart.Check(options, keyHash is not null);
        var certificate = ServerCertificate.Load(options);
        var self = SiloIdentity.From(options);
        AddLogging(builder.Web);
        AddStorage(builder.Services, options);
        builder.Services.AddSingleton(self);
        SiloEngine.Add(builder.Web, options, self);
        AddFunctions(builder.Services, options);
        AddObjects(builder.Services);
        AddJobs(builder.Services, options, self);
        AddSchedules(builder.Services, self);
        AddApi(builder.Services, options, keyHash);
        AddClient(builder.Services);
        ListenOn(builder.Web, options, certificate);
        var web = builder.Web.Build();
        Map(web);
        return new HearthApplication(web, cancellationToken => SiloStart.RunAsync(web, options, cancellationToken));
    }

    private static void AddLogging(WebApplicationBuilder web)
    {
        web.Logging.AddFilter("Microsoft", LogLevel.Warning);
        // A failed bind is answered with one clear message instead of a stack trace.
        web.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);
        if (web.Configuration["Logging:Console:FormatterName"] == "json")
        {
            // The scopes have the ids of trace and span.
            web.Logging.AddJsonConsole(console => console.IncludeScopes = true);
            return;
        }

        web.Logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.TimestampFormat = "HH:mm:ss ";
        });
    }

    private static void AddStorage(IServiceCollection services, HearthOptions options)
    {
        services.AddSingleton<SiloStore>();
        services.TryAddSingleton(s => s.GetRequiredService<SiloStore>().Jobs);
        services.AddSingleton(s => s.GetRequiredService<SiloStore>().GrainState);
        services.TryAddSingleton(s => s.GetRequiredService<SiloStore>().Schedules);
    }

    private static void AddFunctions(IServiceCollection services, HearthOptions options)
    {
        services.AddSingleton(options);
        services.AddSingleton(s => new FunctionHost(
            s.GetRequiredService<TimeProvider>(), s.GetRequiredService<ILoggerFactory>(), s, ConnectionStrings.From(options)));
        services.AddSingleton(s =>
        {
            var functions = FunctionRegistration.BuildAll(s.GetServices<FunctionRegistration>(), s.GetRequiredService<FunctionHost>());
            return OwnRoute.Mistakes(functions).FirstOrDefault() is { } mistake
                ? throw new StartException(mistake)
                : new FunctionRegistry(functions);
        });
        services.AddSingleton<RunWatch>();
        services.AddSingleton<ManifestFunctions>();
        services.AddHostedService<FunctionsService>();
    }

    private static void AddObjects(IServiceCollection services) => services.AddSingleton(
        s => ObjectRegistration.BuildAll(s.GetServices<ObjectRegistration>(), s.GetRequiredService<FunctionHost>()));

    private static void AddJobs(IServiceCollection services, HearthOptions options, SiloIdentity self)
    {
        services.TryAddSingleton(new JobsOptions(self.Id));
        services.AddSingleton(new PayloadBudget());
        services.AddSingleton<StoreWatch>();
        services.AddSingleton<JobRunner>();
        services.AddSingleton<JobPump>();
        services.AddSingleton<PumpBell>();
        services.AddSingleton<QueueBindings>();
        services.AddSingleton(s => new QueueCatalogue(
            s.GetRequiredService<IGrainStateStore>(), s.GetRequiredService<QueueBindings>().All, s.GetRequiredService<ILogger<QueueCatalogue>>()));
        services.AddSingleton<QueueDefinitions>();
        services.AddSingleton<ShardDirectory>();
        services.AddSingleton<JobLookup>();
        services.AddSingleton<JobList>();
        services.AddSingleton<ErrorCensus>();
        services.AddSingleton<BulkSelection>();
        services.AddSingleton<BulkActs>();
        services.AddSingleton<BulkRun>();
        services.AddSingleton(BulkFunction.Registration());
        services.AddSingleton<OutsideQueue>();
        services.AddSingleton<JobSubmitter>();
        services.AddSingleton<IJobSubmitter>(s => s.GetRequiredService<JobSubmitter>());
        services.AddHostedService<JobsService>();
        services.AddHostedService<ShardWaker>();
        services.AddHostedService<InboxService>();
        services.AddSingleton(s => new RetentionRules(options.Retention, queue => s.GetRequiredService<QueueCatalogue>().Of(queue).Retention));
        services.AddHostedService<MaintenanceService>();
        services.AddHostedService<QueueWatch>();
    }

    private static void AddSchedules(IServiceCollection services, SiloIdentity self)
    {
        services.AddSingleton<IScheduleQueues, ScheduleQueues>();
        services.AddSingleton<ScheduleBook>();
        services.AddSingleton<ScheduleRunner>();
        if (self.Roles.HasFlag(SiloRoles.Worker))
            services.AddHostedService<ScheduleService>();
    }

    private static void AddApi(IServiceCollection services, HearthOptions options, byte[]? keyHash)
    {
        services.AddSingleton(new AccessPolicy(options, keyHash));
        services.AddSingleton<ApiRoutes>();
        services.AddSingleton<CallEndpoint>();
        services.AddSingleton<CallPlaces>();
        services.AddSingleton<ICallCaches, CallCaches>();
        services.AddSingleton<ProcessorMeter>();
        services.AddSingleton<ClusterRoutes>();
        services.AddSingleton<FunctionEndpoints>();
        services.AddSingleton<HealthEndpoints>();
        services.AddSingleton<MetricsEndpoint>();
        services.AddSingleton<Telemetry>();
        services.AddHostedService(s => s.GetRequiredService<Telemetry>());
        services.AddSingleton<BulkEndpoint>();
        services.AddSingleton<JobActions>();
        services.AddSingleton<JobBuilder>();
        services.AddSingleton<JobEndpoints>();
        services.AddSingleton<JobEventsEndpoint>();
        services.AddSingleton<JobLogEndpoint>();
        services.AddSingleton<JobIntake>();
        services.AddSingleton<JobListEndpoint>();
        services.AddSingleton<JobRoutes>();
        services.AddSingleton<JobStream>();
        services.AddSingleton<JobSubmission>();
        services.AddSingleton<ObjectCallEndpoint>();
        services.AddSingleton<ObjectEndpoints>();
        services.AddSingleton<ObjectListEndpoint>();
        services.AddSingleton<ObjectRoutes>();
        services.AddSingleton<OpenApiEndpoint>();
        services.AddSingleton<OwnRouteSource>();
        services.AddSingleton<PoolCensus>();
        services.AddSingleton<PoolEndpoints>();
        services.AddSingleton<QueueEndpoints>();
        services.AddSingleton<ScheduleActions>();
        services.AddSingleton<ScheduleEndpoints>();
        services.AddSingleton<ScheduleLists>();
        services.AddSingleton<ScheduleReader>();
        services.AddSingleton<ScheduleRoutes>();
        services.AddSingleton<QueueDefinitionEndpoints>();
        services.AddSingleton<QueueBackOff>();
        services.AddSingleton<BackOffEndpoint>();
        services.AddSingleton<QueueRoutes>();
        services.AddSingleton<QueueErrorsEndpoint>();
        services.AddSingleton<QueueEventsEndpoint>();
        services.AddSingleton<TimelineEndpoint>();
        services.AddSingleton<SiloEndpoints>();
        services.AddSingleton<StartPage>();
        services.AddSingleton<SubmitEndpoint>();
        services.AddSingleton<WorkerEndpoints>();
        services.AddSingleton<WorkerRoutes>();
    }

    private static void AddClient(IServiceCollection services)
    {
        services.AddSingleton<InProcessBulk>();
        services.AddSingleton<InProcessCalls>();
        services.AddSingleton<InProcessJobs>();
        services.AddSingleton<InProcessLists>();
        services.AddSingleton<InProcessQueues>();
        services.AddSingleton<InProcessObjects>();
        services.AddSingleton<RequestHandler>();
        services.AddSingleton<IRequestHandler>(s => s.GetRequiredService<RequestHandler>());
        services.AddSingleton<InProcessSchedules>();
        services.TryAddSingleton<IHearthClient, InProcessClient>(); // an application may have one of another cluster
    }

    private static void ListenOn(WebApplicationBuilder web, HearthOptions options, ServerCertificate? certificate)
    {
        if (certificate is not null)
            web.WebHost.UseKestrelHttpsConfiguration();
        web.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxConcurrentConnections = 10_000;
            kestrel.Limits.MaxRequestBodySize = null; // every route counts its own bytes against its own bound
            kestrel.RequestHeaderEncodingSelector = static name => name == HeaderNames.ContentLength ? DigitsEncoding.Instance : null;
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(15);
            if (options.Listen == "*")
                kestrel.ListenAnyIP(options.Port, Secure);
            else if (options.Listen == "localhost" && options.Port != 0)
                kestrel.ListenLocalhost(options.Port, Secure);
            else
                kestrel.Listen(options.Listen == "localhost" ? IPAddress.Loopback : IPAddress.Parse(options.Listen), options.Port, Secure);
        });

        void Secure(ListenOptions listen) => certificate?.Use(listen);
    }

    private static void Map(WebApplication web)
    {
        web.Services.GetRequiredService<RequestHandler>().Capture(web);
        web.UseMiddleware<EdgeMiddleware>();
        web.UseRouting();
    }
}
