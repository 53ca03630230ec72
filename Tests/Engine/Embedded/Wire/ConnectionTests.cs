using System.Net;
using System.Net.Sockets;
using Orleans.Messaging;
using Orleans.Runtime;

namespace Hearth.Tests.Engine.Embedded.Wire;

public sealed class ConnectionTests
{
    [Fact]
    public async Task Who_has_a_certificate_that_no_living_silo_has_is_refused_with_the_reason()
    {
        var view = new TestView();
        await using var a = await TestSilo.StartAsync(view, "a");
        using var unknown = TestSilo.NewCertificate("a");
        using var peer = await RawPeer.ConnectAsync(a, unknown);
        Assert.Contains("knows no living silo with its certificate", await peer.AnswerAsync(), StringComparison.Ordinal);
        Assert.Equal(0, await peer.ReadToEndAsync());
    }

    [Fact]
    public async Task Greetings_that_do_not_fit_are_refused_with_the_reason()
    {
        var view = new TestView();
        await using var a = await TestSilo.StartAsync(view, "a");
        using var known = KnownSilo(view, "x", port: 1);
        foreach (var (sender, receiver, manifest, reason) in new (string, string, byte[]?, string)[]
        {
            ("x", "a", new byte[32], "run the same release"), ("y", "a", null, "it says that it is silo y"), ("x", "b", null, "it looks for silo b"),
        })
        {
            using var peer = await RawPeer.ConnectAsync(a, known);
            Assert.Contains(reason, await peer.GreetAsync(sender, receiver, manifest), StringComparison.Ordinal);
        }
        using var welcome = await RawPeer.ConnectAsync(a, known);
        Assert.Null(await welcome.GreetAsync("x", "a"));
    }

    [Fact]
    public async Task A_silo_with_another_certificate_than_the_views_is_not_called()
    {
        var view = new TestView();
        await using var a = await TestSilo.StartAsync(view, "a");
        await using var b = await TestSilo.StartAsync(view, "b");
        view.Set("b", new(new("127.0.0.1", b.Port, new byte[32])));
        var error = await Assert.ThrowsAsync<OrleansMessageRejectionException>(() => a.Far("masked@b").Home());
        Assert.Contains("another certificate", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_reason_of_a_refusal_is_in_the_errors_of_the_calls()
    {
        var view = new TestView();
        await using var a = await TestSilo.StartAsync(view, "a");
        await using var b = await TestSilo.StartAsync(view, "b");
        (b.Locator.Follows, b.Locator.CanRefresh) = (false, false);
        await using var c = await TestSilo.StartAsync(view, "c");
        var error = await Assert.ThrowsAsync<OrleansMessageRejectionException>(() => c.Far("unknown@b").Home());
        Assert.Contains("knows no living silo with its certificate", error.Message, StringComparison.Ordinal);
        // Once it can read the view it finds the newcomer there by itself.
        b.Locator.CanRefresh = true;
        Assert.Equal("b", await Eventually(() => c.Far("unknown@b").Home()));
    }

    [Fact]
    public async Task Without_a_certificate_a_silo_does_not_start_and_says_what_to_set()
    {
        var view = new TestView();
        var error = await Assert.ThrowsAsync<OrleansConfigurationException>(() => TestSilo.StartAsync(view, "a", o => o.Certificate = null));
        Assert.Contains("SiloConnectionOptions.Certificate", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Noise_and_cut_off_frames_end_their_connection_and_nothing_else()
    {
        var view = new TestView();
        await using var a = await TestSilo.StartAsync(view, "a");
        await using var b = await TestSilo.StartAsync(view, "b");
        using var known = KnownSilo(view, "x", port: 1);
        var random = new Random(11);
        for (var i = 0; i < 40; i++)
        {
            var noise = new byte[random.Next(1, 300)];
            random.NextBytes(noise);
            if (i % 2 == 0)
            {
                using var plain = new TcpClient();
                await plain.ConnectAsync(IPAddress.Loopback, a.Port);
                await plain.GetStream().WriteAsync(noise);
                continue;
            }
            using var peer = await RawPeer.ConnectAsync(a, known);
            Assert.Null(await peer.GreetAsync("x", "a"));
            // Some as frames of a good length, of any kind.
            if (i % 4 == 1)
                BitConverter.TryWriteBytes(noise.AsSpan(), Math.Max(0, noise.Length - 4));
            await peer.Stream.WriteAsync(noise);
            peer.Stream.Close();
        }
        Assert.Equal("a", await b.Far("survives@a").Home());
    }

    [Fact]
    public async Task A_request_that_cannot_be_read_is_refused_and_the_connection_lives_on()
    {
        var view = new TestView();
        await using var a = await TestSilo.StartAsync(view, "a");
        using var known = KnownSilo(view, "x", port: 1);
        using var peer = await RawPeer.ConnectAsync(a, known);
        Assert.Null(await peer.GreetAsync("x", "a"));
        for (var number = 1; number < 4; number++)
        {
            var frame = Frames.Begin(FrameKind.Request);
            frame.WriteRaw([1, 0, 0, 200, 200, 1]);
            Frames.Seal(frame, number);
            await peer.Stream.WriteAsync(frame.Piece(0));
            Assert.Contains("cannot be read", await peer.AnswerAsync(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Running_calls_of_a_killed_silo_fail_at_once_as_perhaps_run_and_later_ones_as_not_run()
    {
        var view = new TestView();
        await using var a = await TestSilo.StartAsync(view, "a");
        await using var b = await TestSilo.StartAsync(view, "b");
        var running = a.Far("killed@b").PassGate("far-killed");
        await Gate.Of("far-killed").ArrivalAsync();
        b.Kill();
        await Assert.ThrowsAsync<SiloUnavailableException>(() => Gate.EndOf(running));
        var error = await Assert.ThrowsAsync<OrleansMessageRejectionException>(() => Gate.EndOf(a.Far("killed@b").Home()));
        Assert.IsType<SocketException>(error.InnerException);
        Assert.Contains("b", a.Locator.RefusedBy);
        await using var successor = await TestSilo.StartAsync(view, "b");
        Assert.Equal("b", await a.Far("killed@b").Home());
    }

    [Fact]
    public async Task Calls_to_a_silo_that_leaves_the_view_fail_at_once()
    {
        var view = new TestView();
        await using var a = await TestSilo.StartAsync(view, "a");
        await using var b = await TestSilo.StartAsync(view, "b");
        b.Locator.Follows = false;
        var running = a.Far("left@b").PassGate("far-left");
        await Gate.Of("far-left").ArrivalAsync();
        view.Remove("b");
        var error = await Assert.ThrowsAsync<SiloUnavailableException>(() => Gate.EndOf(running));
        Assert.Contains("no longer in the cluster", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_says_nothing_for_five_seconds_is_hung_up_on_although_the_connection_stands()
    {
        var view = new TestView();
        await using var a = await TestSilo.StartAsync(view, "a");
        using var listener = new Socket(SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        using var known = KnownSilo(view, "x", ((IPEndPoint)listener.LocalEndPoint!).Port);
        using var caller = await RawPeer.ConnectAsync(a, known);
        Assert.Null(await caller.GreetAsync("x", "a"));
        var call = a.Far("mute@x").Home();
        using var called = await RawPeer.AcceptAsync(listener, known);
        var error = await Assert.ThrowsAsync<SiloUnavailableException>(() => Gate.EndOf(call));
        Assert.Contains("5 s", error.Message, StringComparison.Ordinal);
        // Until then it has itself shown signs of life, one frame each second.
        Assert.InRange(await caller.ReadToEndAsync(), 2 * (Frames.LengthBytes + Frames.HeaderBytes), 10 * (Frames.LengthBytes + Frames.HeaderBytes));
    }

    [Fact]
    public async Task Silos_that_have_nothing_to_say_stay_connected()
    {
        var view = new TestView();
        await using var a = await TestSilo.StartAsync(view, "a");
        await using var b = await TestSilo.StartAsync(view, "b");
        var call = a.Far("idle@b").PassGate("far-idle");
        await Gate.Of("far-idle").ArrivalAsync();
        await Task.Delay(TimeSpan.FromSeconds(7), TimeProvider.System);
        Gate.Of("far-idle").Open();
        await Gate.EndOf(call);
    }

    [Fact]
    public async Task More_calls_than_may_be_unanswered_are_refused_at_once_and_name_the_silo()
    {
        var view = new TestView();
        await using var a = await TestSilo.StartAsync(view, "a", o => o.CallsMax = 10);
        await using var b = await TestSilo.StartAsync(view, "b");
        var calls = Enumerable.Range(0, 10).Select(i => a.Far($"busy-{i}@b").PassGate("far-busy")).ToArray();
        var error = await Assert.ThrowsAsync<OrleansMessageRejectionException>(() => Gate.EndOf(a.Far("busy-10@b").Home()));
        Assert.Contains("Silo b is too busy", error.Message, StringComparison.Ordinal);
        Gate.Of("far-busy").Open();
        await Task.WhenAll(calls);
        Assert.Equal("b", await a.Far("busy-10@b").Home());
    }

    [Fact]
    public async Task Nothing_more_is_read_from_a_silo_while_too_many_of_its_requests_are_unanswered()
    {
        var view = new TestView();
        await using var a = await TestSilo.StartAsync(view, "a");
        await using var b = await TestSilo.StartAsync(view, "b", o => o.UnansweredMax = 5);
        var calls = Enumerable.Range(0, 50).Select(i => a.Far($"flood-{i}@b").PassGate("far-flood")).ToArray();
        for (var i = 0; i < 5; i++)
            await Gate.Of("far-flood").ArrivalAsync();
        await Gate.StaysOpen(Task.WhenAny(calls));
        Assert.True(Gate.Of("far-flood").NobodyElseCame);
        Gate.Of("far-flood").Open();
        await Gate.EndOf(Task.WhenAll(calls));
    }

    [Fact]
    public async Task A_silo_that_stops_answers_what_runs_and_does_not_hang()
    {
        var view = new TestView();
        await using var a = await TestSilo.StartAsync(view, "a");
        await using var b = await TestSilo.StartAsync(view, "b");
        var running = a.Far("stops@b").PassGate("far-stops");
        await Gate.Of("far-stops").ArrivalAsync();
        var moved = a.Far("not-pinned");
        await moved.Home();
        var stop = b.StopAsync();
        Gate.Of("far-stops").Open();
        await Gate.EndOf(running);
        await Gate.EndOf(stop);
        Assert.Equal("a", await moved.Home());
    }

    private static System.Security.Cryptography.X509Certificates.X509Certificate2 KnownSilo(TestView view, string id, int port)
    {
        var certificate = TestSilo.NewCertificate(id);
        view.Set(id, new(new("127.0.0.1", port, TestSilo.HashOf(certificate))));
        return certificate;
    }

    private static async Task<T> Eventually<T>(Func<Task<T>> call)
    {
        for (var tries = 0; ; tries++)
        {
            try
            {
                return await call();
            }
            catch (OrleansMessageRejectionException) when (tries < 100)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
            }
        }
    }
}
