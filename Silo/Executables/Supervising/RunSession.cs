using System.Buffers;
using System.Text.Json;
using System.Threading.Channels;

namespace Hearth.Executables;

/// <summary>
/// The supervisor's side of one run: start the program, move its three streams, end its tree when the silo says so or goes away,
/// tell how it ended. Holds at most <see cref="FrameLimits.Credits"/> pieces of input and one of each output.
/// </summary>
internal sealed class RunSession(FrameStream connection, IRunLauncher launcher)
{
    private readonly Channel<ArraySegment<byte>> input = Channel.CreateBounded<ArraySegment<byte>>(FrameLimits.Credits);

    public async Task ServeAsync()
    {
        if (await connection.ReadAsync() is not { Kind: Frame.Start } start)
            return;
        var request = JsonSerializer.Deserialize(start.Bytes.Span, RunJson.Default.RunRequest)!;
        try
        {
            await ServeAsync(request);
        }
        finally
        {
            RemoveFolder(request);
        }
    }

    private async Task ServeAsync(RunRequest request)
    {
        IRunningProgram program;
        try
        {
            if (request.FolderIsPrivate)
                PrivateFolder.Create(request.Folder);
            program = await launcher.StartAsync(request);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            await connection.WriteAsync(Frame.Refused, new RunRefusal(e.Message), RunJson.Default.RunRefusal);
            return;
        }

        using (program)
            await ServeAsync(request, program);
    }

    private async Task ServeAsync(RunRequest request, IRunningProgram program)
    {
        var listening = ListenAsync(program);
        var feeding = FeedAsync(program);
        var showing = Task.WhenAll(ShowAsync(Frame.Output, program.Output, program), ShowAsync(Frame.Error, program.Error, program));
        var exit = await program.Ended;
        await showing;
        RemoveFolder(request);
        // The program has ended: what it did not take of its input goes nowhere.
        input.Writer.TryComplete();
        await SayAsync(() => connection.WriteAsync(Frame.Exit, exit, RunJson.Default.RunExit), program);
        await feeding;
        await listening;
    }

    private static void RemoveFolder(RunRequest request)
    {
        if (request.FolderIsPrivate)
            PrivateFolder.Remove(request.Folder);
    }

    /// <summary>Reads the silo's frames to the end of the connection, which is also how a cancel arrives.</summary>
    private async Task ListenAsync(IRunningProgram program)
    {
        try
        {
            while (await connection.ReadAsync() is { } frame)
            {
                if (frame.Kind == Frame.Kill)
                    program.Kill();
                else if (frame.Kind == Frame.InputEnd)
                    input.Writer.TryComplete();
                else if (frame.Kind == Frame.Input && !input.Writer.TryWrite(Piece.Copy(frame.Bytes)) && !program.Ended.IsCompleted)
                    throw new IOException("More input came than there was credit for.");
            }
        }
        catch (IOException)
        {
            // A broken connection and a broken protocol are the same as a closed one: the run ends.
        }

        input.Writer.TryComplete();
        program.Kill();
    }

    private async Task FeedAsync(IRunningProgram program)
    {
        var open = true;
        await foreach (var piece in input.Reader.ReadAllAsync())
        {
            if (!open)
                continue;
            open = await TakesAsync(program, piece);
            Piece.Return(piece);
            await SayAsync(() => connection.WriteAsync(open ? Frame.Credit : Frame.InputClosed), program);
        }

        program.Input.Close();
    }

    private static async Task<bool> TakesAsync(IRunningProgram program, ArraySegment<byte> piece)
    {
        try
        {
            await program.Input.WriteAsync(piece);
            return true;
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // EPIPE: a program may end, or close its input, without reading all of it.
            return false;
        }
    }

    private async Task ShowAsync(Frame kind, Stream source, IRunningProgram program)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(FrameLimits.HeaderBytes + FrameLimits.PieceBytesMax);
        var room = buffer.AsMemory(FrameLimits.HeaderBytes, FrameLimits.PieceBytesMax);
        var heard = true;
        while (heard && await source.ReadAsync(room) is var read and > 0)
            heard = await SayAsync(() => connection.WritePieceAsync(kind, buffer.AsMemory(0, FrameLimits.HeaderBytes + read)), program);
        ArrayPool<byte>.Shared.Return(buffer);
    }

    /// <summary>False when nobody listens any more: then the run ends.</summary>
    private static async Task<bool> SayAsync(Func<ValueTask> write, IRunningProgram program)
    {
        try
        {
            await write();
            return true;
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            program.Kill();
            return false;
        }
    }
}
