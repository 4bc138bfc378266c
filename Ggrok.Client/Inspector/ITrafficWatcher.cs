using Ggrok.Client.Inspector.Recording;

namespace Ggrok.Client.Inspector;

/// <summary>Somebody who follows the client and wants to see what the recorder holds, too.</summary>
internal interface ITrafficWatcher
{
    /// <summary>Everything that passes is in the recorder from now on.</summary>
    void Watch(Recorder recorder);
}
