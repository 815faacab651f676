package signin

// Cures are what to do about each refusal of the authority, by its code. docs/app-registration.md lists the same codes.
func Cures() map[string]string {
	const (
		register = "give the Application (client) ID and the tenant that the registration's overview page shows"
		consent  = "let the user consent in a browser, or an administrator grant consent under API permissions of the registration"
		secret   = "make a new secret under Certificates & secrets of the registration and copy its Value, which is shown once, not its Secret ID"
		cert     = "upload the certificate (without its key) under Certificates & secrets of the registration"
		policies = "a policy of the tenant stands in the way: ask its administrator, or use a developer tenant"
	)
	return map[string]string{
		"AADSTS16000":   "choose one account: sign in with --sign-in browser, or name the --tenant",
		"AADSTS50011":   "add the redirect URI http://localhost under Authentication, platform Mobile and desktop applications",
		"AADSTS50020":   "the account is not of this tenant: sign in with another, or name its own --tenant",
		"AADSTS50034":   "there is no such user in this tenant: name the right --tenant",
		"AADSTS50053":   "the account is locked after too many wrong passwords: wait, then sign in once with a browser",
		"AADSTS50055":   "the password has expired: sign in with a browser and change it",
		"AADSTS50057":   "the account is disabled: use another",
		"AADSTS50059":   "name the --tenant: the request does not tell it",
		"AADSTS50076":   "sign in again: the tenant wants a second factor",
		"AADSTS50079":   "sign in with a browser once, to set up the second factor",
		"AADSTS50126":   "user name or password is wrong",
		"AADSTS50128":   "there is no such tenant: " + register,
		"AADSTS50158":   "sign in with --sign-in browser: the tenant wants a further step",
		"AADSTS50194":   "the registration is of one tenant: name it with --tenant instead of common or organizations",
		"AADSTS50196":   "a loop of requests: wait some minutes, and say what you did",
		"AADSTS53000":   policies,
		"AADSTS53003":   policies,
		"AADSTS54005":   "the code was used already: sign in again",
		"AADSTS65001":   consent,
		"AADSTS65004":   "the user declined: " + consent,
		"AADSTS70000":   "the sign-in has lapsed or was revoked: sign in again",
		"AADSTS70001":   "there is no such application in this tenant: " + register,
		"AADSTS70002":   "the client's proof is missing or wrong: " + secret,
		"AADSTS70008":   "the sign-in has lapsed: sign in again",
		"AADSTS70011":   "a scope is wrong: name a resource that outlocal can watch",
		"AADSTS70016":   "the code has not been typed in yet: open the page that was shown",
		"AADSTS70019":   "the code has lapsed: start again and type it in within 15 minutes",
		"AADSTS70020":   "the code has lapsed: start again and type it in within 15 minutes",
		"AADSTS70043":   "a policy ends sign-ins after some time: sign in again",
		"AADSTS90002":   "there is no such tenant: " + register,
		"AADSTS90009":   "the application asks for a token for itself: name Microsoft Graph's scopes",
		"AADSTS90072":   "the account is not of this tenant: sign in with another, or name its own --tenant",
		"AADSTS90094":   "an administrator has to grant consent: " + consent,
		"AADSTS90095":   "an administrator has to grant consent: " + consent,
		"AADSTS500011":  "the tenant does not know the service: its users have no Microsoft Graph",
		"AADSTS500113":  "add the redirect URI http://localhost under Authentication, platform Mobile and desktop applications",
		"AADSTS500133":  "the assertion is not valid at this time: set this machine's clock",
		"AADSTS650051":  consent,
		"AADSTS650052":  "the tenant has no subscription to the service: use one with mailboxes",
		"AADSTS650053":  "the registration lacks the permission: add it under API permissions",
		"AADSTS650057":  "the registration lacks the permission: add it under API permissions",
		"AADSTS700003":  "the device is not known to the tenant: " + policies,
		"AADSTS700016":  "there is no such application in this tenant: " + register,
		"AADSTS700024":  "the assertion is not valid at this time: set this machine's clock",
		"AADSTS700025":  "the registration is of a public client: sign in with --sign-in device-code, or register a client with a secret",
		"AADSTS700027":  "the certificate is not the registration's: " + cert,
		"AADSTS700030":  cert,
		"AADSTS700054":  "switch on ID tokens under Authentication of the registration",
		"AADSTS700082":  "the sign-in has lapsed, as nothing used it for long: sign in again",
		"AADSTS900023":  "the tenant is neither a GUID nor a domain: " + register,
		"AADSTS900144":  "a field of the request is missing: name --client-id and --tenant",
		"AADSTS7000012": "the code is of another tenant: sign in again",
		"AADSTS7000112": "the application is disabled in this tenant: ask its administrator",
		"AADSTS7000114": "the application may not act for users this way: sign in another way",
		"AADSTS7000215": "the secret is wrong: " + secret,
		"AADSTS7000216": "the client's proof is missing: name the secret's variable or the certificate's file",
		"AADSTS7000218": "switch on Allow public client flows under Authentication of the registration, or give a secret",
		"AADSTS7000222": "the secret has expired: " + secret,
		"AADSTS9002313": "the request is malformed: check --client-id and --tenant for stray characters",
		"AADSTS9002331": "the registration is for personal accounts only: use --tenant consumers",
		"AADSTS9002346": "the registration is for personal accounts only: use --tenant consumers",
	}
}

// cureOf never leaves a user alone with a code.
func cureOf(code string) string {
	if cure, ok := Cures()[code]; ok {
		return cure
	}
	switch code {
	case "invalid_grant", "interaction_required":
		return "sign in again"
	case "authorization_declined", "access_denied":
		return "the sign-in was declined on the page: start again and accept"
	case "expired_token", "code_expired":
		return "the code has lapsed: start again and type it in within 15 minutes"
	}
	return "look the code up at https://login.microsoftonline.com/error"
}
