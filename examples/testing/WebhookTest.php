<?php // outlocal exec --http -- vendor/bin/phpunit WebhookTest.php
use PHPUnit\Framework\TestCase;

final class WebhookTest extends TestCase
{
    private function call(string $method, string $url, ?array $body = null): array
    {
        $answer = file_get_contents($url, context: stream_context_create(['http' => [
            'method' => $method, 'content' => $body === null ? '' : json_encode($body), 'ignore_errors' => true,
            'header' => ['Authorization: Bearer any', 'Content-Type: application/json'],
        ]]));
        $read = json_decode($answer, true);
        $this->assertArrayNotHasKey('error', $read, $answer); // says what was there instead
        return $read;
    }

    public function testHandlesNewMail(): void
    {
        [$graph, $control] = [getenv('OUTLOCAL_GRAPH_URL'), getenv('OUTLOCAL_CONTROL_URL')];
        $subscription = $this->call('POST', "$graph/v1.0/subscriptions", [ // your app does this
            'resource' => 'me/messages', 'changeType' => 'created',
            'notificationUrl' => getenv('WEBHOOK_URL') ?: 'http://localhost:3000/hook', 'expirationDateTime' => gmdate('Y-m-d\TH:i:s\Z', time() + 3600),
        ]);
        $this->call('POST', "$control/changes", ['collection' => 'message', 'change' => 'created', 'count' => 2]);

        $handled = $this->call('GET', "$control/handled?count=2&subscription={$subscription['id']}");
        $this->assertSame([202, 202], array_column($handled['notifications'], 'status'));
    }
}
