using Hearth;

var builder = HearthApplication.CreateBuilder(args);
builder.AddFunction("greet", (Person who) => new Greeting($"Hello, {who.Name}!"));
await builder.Build().RunAsync();

internal sealed record Person(string Name);
internal sealed record Greeting(string Text);
