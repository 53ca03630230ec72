using System.Text;
using Hearth.Functions;
using Hearth.Objects;
using Hearth.Tests.Support;

namespace Hearth.Tests.Objects;

/// <summary>What the objects of these tests keep.</summary>
public sealed class Cart
{
    public List<Item> Items { get; set; } = [];
}

public sealed record Item(string Name, int Price);

internal static class ObjectWorld
{
    public static Task<StartedApplication> StartAsync(Action<ObjectBuilder<Cart>> cart, Action<ObjectOptions>? configure = null, params string[] more) =>
        StartedApplication.StartAsync(b => b.AddBuiltInFunctions().AddObject("cart", cart, configure), more);

    /// <summary>A cart as in the documentation.</summary>
    public static void Usual(ObjectBuilder<Cart> cart)
    {
        cart.On("add", (Cart state, Item item) => state.Items.Add(item));
        cart.On("put-then-fail", (Cart state, Item item) =>
        {
            state.Items.Add(item);
            throw new FunctionException("not " + item.Name);
        });
        cart.On("put-then-surprise", (Cart state, Item item) =>
        {
            state.Items.Add(item);
            throw new InvalidOperationException("secret " + item.Name);
        });
        cart.OnRead("total", (Cart state) => state.Items.Sum(i => i.Price));
        cart.OnRead("spoil", (Cart state) => state.Items.RemoveAll(_ => true));
    }

    public static Task<Answer> CallAsync(this HttpClient http, string name, string key, string operation, string body, params (string, string)[] headers) =>
        http.AskAsync("POST", $"/v1/objects/{name}/{Uri.EscapeDataString(key)}/{operation}", Encoding.UTF8.GetBytes(body), "application/json", headers);

    public static Task<Answer> ReadAsync(this HttpClient http, string name, string key, string operation) =>
        http.AskAsync("POST", $"/v1/objects/{name}/{Uri.EscapeDataString(key)}/{operation}");

    public static Task<Answer> StateAsync(this HttpClient http, string name, string key) => http.FetchAsync($"/v1/objects/{name}/{Uri.EscapeDataString(key)}");
}
