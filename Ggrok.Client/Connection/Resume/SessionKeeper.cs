using System.Buffers.Text;
using System.Net.WebSockets;
using Ggrok.Shared.Multiplexing;
using Ggrok.Shared.Multiplexing.Resume;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Connection.Resume;

/// <summary>Resumes one session over another WebSocket whenever its own is broken, for as long as the server keeps it.</summary>
internal sealed class SessionKeeper(
    MuxConnection connection, ResumableTransport transport, Welcome welcome, Dialer dialer, ISessionEvents events, TimeProvider time)
{
    private const double Growth = 1.6;

    // Behind a load balancer an attempt may end at a process that has never heard of the session.
    private const int MostForeignRefusals = 3;

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2);

    private readonly byte[] _key = Base64Url.DecodeFromChars(welcome.Resume!.Key);
    private long _attempt;

    /// <summary>The server knows the session no more: a new one may be opened at once.</summary>
    public bool IsRefused { get; private set; }

    /// <summary>Runs until the session is over. Never throws.</summary>
    /// <param name="over">Cancelled when it is.</param>
    public async Task RunAsync(CancellationToken over)
    {
        try
        {
            while (await transport.WaitForSuspensionAsync().ConfigureAwait(false))
            {
                await ResumeAsync(over).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // The session is over.
        }
    }

    private async Task ResumeAsync(CancellationToken over)
    {
        long since = time.GetTimestamp();

        // Of a session that only finishes what runs nobody needs to hear: another one serves by now.
        bool isCurrent = !connection.RefusesStreams;
        if (isCurrent)
        {
            events.Interrupted();
        }

        int foreign = 0;
        for (int failures = 0; transport.IsSuspended; failures++)
        {
            TimeSpan pause = PauseAfter(failures);
            try
            {
                if (await TryAsync(over).ConfigureAwait(false))
                {
                    if (isCurrent)
                    {
                        events.Resumed(time.GetElapsedTime(since));
                    }

                    return;
                }
            }
            catch (DialException e)
            {
                bool isElsewhere = e.Refusal == RejectCode.SessionUnknown && e.Node != welcome.Node;
                if (e.Outcome.Terminal is not null || (e.Refusal is not null && !(isElsewhere && ++foreign <= MostForeignRefusals)))
                {
                    GiveUp(e);
                    return;
                }

                // The way is free again, only who answers is another: there is nothing to wait longer and longer for.
                failures = isElsewhere ? 0 : failures;
                pause = PauseAfter(failures);
                pause = e.Outcome.RetryAfter is { } asked && asked > pause ? asked : pause;
            }

            await Task.Delay(pause, time, over).ConfigureAwait(false);
        }
    }

    // False when the next connection was lost too, before all was sent again.
    private async Task<bool> TryAsync(CancellationToken over)
    {
        ResumeAttempt attempt = transport.BeginAttach(peerReceived: null) ?? throw new OperationCanceledException();
        byte[] proof = ResumeProof.Make(_key, welcome.Session, ++_attempt, attempt.Received);
        var request = new ResumeRequest(welcome.Session, _attempt, attempt.Received, Base64Url.EncodeToString(proof));
        (ClientWebSocket socket, long received) = await dialer.ResumeAsync(request, over).ConfigureAwait(false);
        if (!transport.IsPlausible(received))
        {
            // The server has what was never sent: this is not the session that it was.
            socket.Dispose();
            connection.RequestClose(CloseReason.AckInvalid);
            return false;
        }

        ValueTask<bool> attached = transport.AttachAsync(attempt, new WebSocketTransport(socket), received, out Task released);
        _ = released.ContinueWith(static (_, s) => ((ClientWebSocket)s!).Dispose(), socket, TaskScheduler.Default);
        return await attached.ConfigureAwait(false);
    }

    private void GiveUp(DialException refusal)
    {
        IsRefused = refusal.Refusal is not null;
        bool isToldWhy = refusal.Ended is not (null or CloseReason.Normal);
        connection.RequestClose(isToldWhy ? refusal.Ended!.Value : CloseReason.TransportLost);
        transport.Abort();
    }

    // The first attempt comes at once; jitter keeps the clients of a server that restarts apart.
    private static TimeSpan PauseAfter(int failures)
    {
        double grown = Math.Min(FirstPause.TotalMilliseconds * Math.Pow(Growth, Math.Min(failures, 20)), LongestPause.TotalMilliseconds);
        return TimeSpan.FromMilliseconds(grown * (0.5 + (Random.Shared.NextDouble() / 2)));
    }
}
