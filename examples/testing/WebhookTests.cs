// outlocal exec --http -- dotnet test
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Xunit;

public class WebhookTests
{
    static readonly string Graph = Environment.GetEnvironmentVariable("OUTLOCAL_GRAPH_URL")!;
    static readonly string Control = Environment.GetEnvironmentVariable("OUTLOCAL_CONTROL_URL")!;
    static readonly string Webhook = Environment.GetEnvironmentVariable("WEBHOOK_URL") ?? "http://localhost:3000/hook";

    static async Task<JsonNode> Call(HttpMethod method, string url, object? body = null)
    {
        using var client = new HttpClient();
        using var request = new HttpRequestMessage(method, url);
        request.Headers.Add("Authorization", "Bearer any");
        if (body is not null) request.Content = JsonContent.Create(body);
        using var answer = await client.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, text); // says what was there instead
        return JsonNode.Parse(text)!;
    }

    [Fact]
    public async Task HandlesNewMail()
    {
        var subscription = await Call(HttpMethod.Post, $"{Graph}/v1.0/subscriptions", new { // your app does this
            resource = "me/messages", changeType = "created", notificationUrl = Webhook, expirationDateTime = DateTime.UtcNow.AddHours(1),
        });
        await Call(HttpMethod.Post, $"{Control}/changes", new { collection = "message", change = "created", count = 2 });

        var handled = await Call(HttpMethod.Get, $"{Control}/handled?count=2&subscription={subscription["id"]}");
        Assert.All(handled["notifications"]!.AsArray(), n => Assert.Equal(202, (int)n!["status"]!));
    }
}
