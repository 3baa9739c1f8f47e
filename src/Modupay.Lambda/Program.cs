using Microsoft.Extensions.Logging;
using Modupay;
using Modupay.Deployment;
using Modupay.Http;
using Modupay.Lambda.Runtime;

// One executable, deployed as many functions: MODUPAY_FUNCTION says which one this process is.
var settings = Settings.FromEnvironment();
var time = TimeProvider.System;
var function = Manifest.Functions.SingleOrDefault(spec => spec.Name == settings.Function) ?? throw new InvalidOperationException($"No function is called {settings.Function}.");

using var logs = LoggerFactory.Create(Telemetry.AddJsonLogs);
if (function.Trigger is Trigger.Http)
{
    await using var services = await Services.OpenAsync(settings, time, logs, CancellationToken.None);
    await using var app = ApiHost.Build(services, $"http://127.0.0.1:{settings.HttpPort}");
    await app.RunAsync();
    return 0;
}

var runtimeApi = settings.RuntimeApi ?? throw new InvalidOperationException("AWS_LAMBDA_RUNTIME_API is not set: an event function runs inside Lambda or the local cloud.");
return await LambdaProcess.RunAsync(runtimeApi, ct => Functions.OpenAsync(settings, time, logs, ct), time, logs.CreateLogger("Modupay.Lambda"));
