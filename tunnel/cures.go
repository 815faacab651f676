package tunnel

// Cures are what to do about each of ngrok's errors that an endpoint can meet, by its code.
func Cures() map[string]string {
	const (
		token  = "copy the authtoken anew from https://dashboard.ngrok.com/get-started/your-authtoken; an API key is another thing"
		paid   = "leave out --url to get the name that your plan has, or choose a plan with names of your own"
		yours  = "ask for a name that https://dashboard.ngrok.com/domains lists, or leave out --url"
		policy = "mend the file of --traffic-policy; https://ngrok.com/docs/traffic-policy/ tells its form"
	)
	return map[string]string{
		"ERR_NGROK_105":   token,
		"ERR_NGROK_106":   token,
		"ERR_NGROK_107":   "it was reset or revoked, or belongs to a closed account: " + token,
		"ERR_NGROK_108":   "end another agent, which https://dashboard.ngrok.com/agents lists: the free plan has three; one that was cut off is gone after a minute",
		"ERR_NGROK_121":   "get a newer version of this program: the service no longer speaks to its agent",
		"ERR_NGROK_313":   paid,
		"ERR_NGROK_314":   paid,
		"ERR_NGROK_319":   yours,
		"ERR_NGROK_320":   yours,
		"ERR_NGROK_324":   "end another endpoint, which https://dashboard.ngrok.com/endpoints lists: the free plan has three",
		"ERR_NGROK_334":   "it is open in another terminal, or was a moment ago: end that, or wait a minute, or share the URL with --pooling on both sides",
		"ERR_NGROK_725":   "the plan's quota is used up: wait for the next month, or choose another plan",
		"ERR_NGROK_2201":  policy,
		"ERR_NGROK_2236":  policy,
		"ERR_NGROK_2263":  "the traffic policy has an action that your plan lacks: leave it out, or choose another plan",
		"ERR_NGROK_2264":  "the traffic policy has more rules than your plan allows: the free plan has five",
		"ERR_NGROK_3004":  "what answers here does not speak HTTP as it should",
		"ERR_NGROK_3200":  "the URL is offline: start its tunnel, or mend the URL",
		"ERR_NGROK_4018":  "make an account at https://dashboard.ngrok.com/signup, copy its authtoken, and set NGROK_AUTHTOKEN to it",
		"ERR_NGROK_6024":  "this is a page for people, which programs don't get: open the URL once more with its button",
		"ERR_NGROK_9037":  "give --url as a host such as name.ngrok.app, or as https://HOST",
		"ERR_NGROK_15002": "reserve a name at https://dashboard.ngrok.com/domains and ask for it with --url",
	}
}

// CureOf is what to do about one of ngrok's errors.
func CureOf(code string) string {
	if cure, ok := Cures()[code]; ok {
		return cure
	}
	return "https://ngrok.com/docs/errors/ tells more about " + code
}
