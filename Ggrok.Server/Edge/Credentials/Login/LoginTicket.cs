namespace Ggrok.Server.Edge.Credentials.Login;

/// <summary>What a browser holds whose user logged in.</summary>
/// <param name="Id">Id of this login, so that it can be ended.</param>
/// <param name="User">Who it is.</param>
/// <param name="Expires">Until when it is good.</param>
internal sealed record LoginTicket(string Id, string User, DateTimeOffset Expires);
