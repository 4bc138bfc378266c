namespace Ggrok.Server.Edge.Credentials.Share;

/// <summary>What a browser holds that opened a share link.</summary>
/// <param name="Link">Id of the link.</param>
/// <param name="Expires">Until when it is good.</param>
internal sealed record ShareTicket(string Link, DateTimeOffset Expires);
