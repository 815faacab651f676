// A webhook for Microsoft Graph and Outlook, for .NET 8 or later: dotnet run
// Nothing in outlocal's tests compiles or runs this one.
using System.Text.Json;

var clientState = Environment.GetEnvironmentVariable("CLIENT_STATE");
var anyCase = new JsonSerializerOptions(JsonSerializerDefaults.Web); // changeType is Graph's, ChangeType Outlook's
var builder = WebApplication.CreateBuilder(args);
builder.Logging.SetMinimumLevel(LogLevel.Warning); // less would log the query, where secrets are
var app = builder.Build();
app.Urls.Add($"http://127.0.0.1:{Environment.GetEnvironmentVariable("PORT") ?? "3000"}");
app.Lifetime.ApplicationStarted.Register(() => Console.WriteLine($"listening on {app.Urls.First()}/hook"));

app.MapPost("/hook", async (HttpRequest request) =>
{
    // The handshake: echo the token, decoded, as plain text. Graph waits 10 seconds, Outlook 5, and
    // writes the name in lower case: ASP.NET Core reads it in any.
    if (request.Query.TryGetValue("validationToken", out var token))
        return Results.Text(token.ToString(), "text/plain");

    Notification?[]? items;
    try { items = (await JsonSerializer.DeserializeAsync<Body>(request.Body, anyCase))?.Value; }
    catch (JsonException) { return Results.BadRequest(); }
    if (items is null) return Results.BadRequest();

    var header = request.Headers["ClientState"].FirstOrDefault(); // Outlook's way; Graph's is in the body
    _ = Task.Run(() => // after the answer: after 3 seconds it is late, after 10 it is sent again
    {
        foreach (var item in items)
        {
            var known = clientState is null || clientState == (item?.ClientState ?? header);
            var what = item?.LifecycleEvent ?? item?.ChangeType;
            Console.WriteLine($"{(known ? "notification" : "refused")} {JsonSerializer.Serialize(new[] { what, item?.Resource })}");
        }
    });
    return Results.Accepted();
});

app.Run();

// Lifecycle items have no resource.
record Notification(string? LifecycleEvent, string? ChangeType, string? Resource, string? ClientState);
record Body(Notification?[]? Value);
