using Hearth;
using Hearth.Executables;
using Hearth.Functions;

if (args is [Supervisor.Command, var folder])
    return await Supervisor.RunAsync(folder);

var builder = HearthApplication.CreateBuilder(args);
builder.AddBuiltInFunctions();
return await builder.Build().RunAsync();
