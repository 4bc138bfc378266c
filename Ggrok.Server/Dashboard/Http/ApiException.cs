namespace Ggrok.Server.Dashboard.Http;

/// <summary>A request to the API that cannot be done.</summary>
/// <param name="status">Status of the answer.</param>
/// <param name="title">What is wrong.</param>
/// <param name="detail">What to do.</param>
internal sealed class ApiException(int status, string title, string? detail = null) : Exception(title)
{
    public int Status { get; } = status;

    public string? Detail { get; } = detail;
}
