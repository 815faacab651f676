# outlocal exec --http -- ruby webhook_test.rb
require 'json'
require 'minitest/autorun'
require 'net/http'
require 'time'

class WebhookTest < Minitest::Test
  GRAPH, CONTROL = ENV.fetch('OUTLOCAL_GRAPH_URL'), ENV.fetch('OUTLOCAL_CONTROL_URL')
  WEBHOOK = ENV.fetch('WEBHOOK_URL', 'http://localhost:3000/hook')

  def call(method, url, body = nil)
    headers = { 'Authorization' => 'Bearer any', 'Content-Type' => 'application/json' }
    uri = URI(url)
    answer = Net::HTTP.start(uri.host, uri.port) { |http| http.send_request(method, uri.request_uri, body&.to_json, headers) }
    assert_kind_of Net::HTTPSuccess, answer, answer.body # says what was there instead
    JSON.parse(answer.body)
  end

  def test_handles_new_mail
    subscription = call('POST', "#{GRAPH}/v1.0/subscriptions", { # your app does this
      resource: 'me/messages', changeType: 'created', notificationUrl: WEBHOOK, expirationDateTime: (Time.now + 3600).utc.iso8601
    })
    call('POST', "#{CONTROL}/changes", { collection: 'message', change: 'created', count: 2 })

    handled = call('GET', "#{CONTROL}/handled?count=2&subscription=#{subscription['id']}")
    assert_equal [202, 202], handled['notifications'].map { |n| n['status'] }
  end
end
