using Ggrok.Shared.Protocol;

namespace Ggrok.Shared.Multiplexing;

/// <summary>
/// What the peer may still send on one stream, and when it is given more. Guarded by the lock of the
/// <see cref="InboundQueue"/>; a struct, so that a stream costs no further object.
/// </summary>
internal struct ReceiveWindow(WindowBudget budget)
{
    private const int LargestCreditStep = 256 * 1024;

    private int _size = ProtocolLimits.InitialWindowBytes;
    private int _peerCredit = ProtocolLimits.InitialWindowBytes;
    private int _consumed;
    private bool _peerBlocked;

    /// <summary>Data has arrived.</summary>
    /// <exception cref="ProtocolViolationException">It is more than the peer was given credit for.</exception>
    public void Take(int bytes, bool peerBlocked)
    {
        if (bytes > _peerCredit)
        {
            throw new ProtocolViolationException(CloseReason.CreditExceeded);
        }

        _peerCredit -= bytes;
        _peerBlocked |= peerBlocked;
    }

    /// <summary>The reader is done with data.</summary>
    public void Consume(int bytes) => _consumed += bytes;

    /// <summary>
    /// Credit to give to the peer now, mostly 0. It goes back in quarters of a window, so that the peer never runs dry while
    /// the reader keeps up, and in no larger steps than the first window's size: the time that a step takes is added to
    /// every round trip. The window doubles on proof that it is too small: the peer stopped for want of credit and the
    /// reader has nothing left.
    /// </summary>
    public int CreditDue(bool readerHasNothing)
    {
        int grown = 0;
        if (_peerBlocked && readerHasNothing)
        {
            _peerBlocked = false;
            if (_size < ProtocolLimits.MaxWindowBytes && budget.TryTake(_size))
            {
                grown = _size;
                _size *= 2;
            }
        }

        if (grown == 0 && _consumed < Math.Min(_size / 4, LargestCreditStep))
        {
            return 0;
        }

        int due = _consumed + grown;
        _consumed = 0;
        _peerCredit += due;
        return due;
    }

    /// <summary>Gives back to the budget what the window has grown by: nothing more is to come.</summary>
    public void ReturnGrowth()
    {
        budget.Return(_size - ProtocolLimits.InitialWindowBytes);
        _size = ProtocolLimits.InitialWindowBytes;
    }
}
