// outlocal exec --http -- mvn test
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Instant;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class WebhookTest {
    static final String GRAPH = System.getenv("OUTLOCAL_GRAPH_URL"), CONTROL = System.getenv("OUTLOCAL_CONTROL_URL");
    static final String WEBHOOK = System.getenv().getOrDefault("WEBHOOK_URL", "http://localhost:3000/hook");

    static String call(String method, String url, String body) throws Exception {
        var request = HttpRequest.newBuilder(URI.create(url)).header("Authorization", "Bearer any").header("Content-Type", "application/json")
            .method(method, HttpRequest.BodyPublishers.ofString(body)).build();
        var answer = HttpClient.newHttpClient().send(request, BodyHandlers.ofString());
        if (answer.statusCode() >= 400) throw new AssertionError(answer.body()); // says what was there instead
        return answer.body();
    }

    @Test
    void handlesNewMail() throws Exception {
        var made = call("POST", GRAPH + "/v1.0/subscriptions", """
            {"resource": "me/messages", "changeType": "created", "notificationUrl": "%s", "expirationDateTime": "%s"}
            """.formatted(WEBHOOK, Instant.now().plusSeconds(3600))); // your app does this
        var id = Pattern.compile("\"id\":\"([^\"]+)\"").matcher(made).results().findFirst().orElseThrow().group(1);
        call("POST", CONTROL + "/changes", "{\"collection\": \"message\", \"change\": \"created\", \"count\": 2}");

        var handled = call("GET", CONTROL + "/handled?count=2&subscription=" + id, "");
        assertEquals(2, Pattern.compile("\"status\":202").matcher(handled).results().count());
    }
}
