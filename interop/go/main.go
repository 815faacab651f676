// Command go tries msgraph-sdk-go, signed in by azidentity: with a secret, with a certificate, or as a user with a device code.
package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	msgraph "github.com/microsoftgraph/msgraph-sdk-go"
	"github.com/microsoftgraph/msgraph-sdk-go/models"
	"github.com/microsoftgraph/msgraph-sdk-go/models/odataerrors"
	"github.com/microsoftgraph/msgraph-sdk-go/users"
)

func main() {
	credential, err := signIn(strings.Join(os.Args[1:], " "))
	if err == nil {
		err = play(context.Background(), credential)
	}
	if err != nil {
		fmt.Println("FAIL ", err)
		os.Exit(1)
	}
}

// signIn makes a credential. In production OUTLOCAL_AUTHORITY is not set, and the options are what they are without us.
func signIn(how string) (azcore.TokenCredential, error) {
	tenant, app, publicApp := os.Getenv("INTEROP_TENANT"), os.Getenv("INTEROP_APP"), os.Getenv("INTEROP_PUBLIC_APP")
	authority := os.Getenv("OUTLOCAL_AUTHORITY")
	var options azcore.ClientOptions
	if authority != "" {
		options.Cloud = cloud.Configuration{ActiveDirectoryAuthorityHost: authority}
	}
	switch how {
	case "secret":
		return azidentity.NewClientSecretCredential(tenant, app, os.Getenv("INTEROP_SECRET"),
			&azidentity.ClientSecretCredentialOptions{ClientOptions: options, DisableInstanceDiscovery: authority != ""})
	case "certificate":
		file, err := os.ReadFile(os.Getenv("INTEROP_CERTIFICATE"))
		if err != nil {
			return nil, err
		}
		certificates, key, err := azidentity.ParseCertificates(file, nil)
		if err != nil {
			return nil, err
		}
		return azidentity.NewClientCertificateCredential(tenant, app, certificates, key,
			&azidentity.ClientCertificateCredentialOptions{ClientOptions: options, DisableInstanceDiscovery: authority != ""})
	case "device":
		return azidentity.NewDeviceCodeCredential(&azidentity.DeviceCodeCredentialOptions{
			ClientOptions: options, DisableInstanceDiscovery: authority != "", TenantID: tenant, ClientID: publicApp})
	}
	return nil, fmt.Errorf("sign in: %q is none of secret, certificate, device", how)
}

// A client is the SDK's calls, as the story needs them.
type client struct {
	graph *msgraph.GraphServiceClient
	me    *users.UserItemRequestBuilder
}

func newClient(credential azcore.TokenCredential, user string) (*client, error) {
	root := os.Getenv("OUTLOCAL_GRAPH_URL") // not set in production
	var hosts []string                      // nil stands for Microsoft's own; to any other the SDK sends no token, and says nothing
	if u, err := url.Parse(root); err == nil && root != "" {
		hosts = []string{u.Hostname()} // without its port
	}
	graph, err := msgraph.NewGraphServiceClientWithCredentialsAndHosts(credential, nil, hosts)
	if err != nil {
		return nil, err
	}
	if root != "" {
		graph.GetAdapter().SetBaseUrl(root + "/v1.0")
	}
	if _, ok := credential.(*azidentity.DeviceCodeCredential); ok {
		return &client{graph, graph.Me()}, nil
	}
	return &client{graph, graph.Users().ByUserId(user)}, nil
}

func (c *client) create(ctx context.Context, s models.Subscriptionable) (models.Subscriptionable, error) {
	return c.graph.Subscriptions().Post(ctx, s, nil)
}

func (c *client) fetch(ctx context.Context, id string) (models.Subscriptionable, error) {
	return c.graph.Subscriptions().BySubscriptionId(id).Get(ctx, nil)
}

func (c *client) list(ctx context.Context) ([]models.Subscriptionable, error) {
	page, err := c.graph.Subscriptions().Get(ctx, nil)
	if err != nil {
		return nil, err
	}
	return page.GetValue(), nil
}

func (c *client) renew(ctx context.Context, id string, until time.Time) (models.Subscriptionable, error) {
	change := models.NewSubscription()
	change.SetExpirationDateTime(&until)
	return c.graph.Subscriptions().BySubscriptionId(id).Patch(ctx, change, nil)
}

func (c *client) reauthorize(ctx context.Context, id string) error {
	return c.graph.Subscriptions().BySubscriptionId(id).Reauthorize().Post(ctx, nil)
}

// read fetches the message that a notification's resource names last.
func (c *client) read(ctx context.Context, resource string) (models.Messageable, error) {
	return c.me.Messages().ByMessageId(path.Base(resource)).Get(ctx, nil)
}

func (c *client) remove(ctx context.Context, id string) error {
	return c.graph.Subscriptions().BySubscriptionId(id).Delete(ctx, nil)
}

// codeOf is what the service called an error.
func codeOf(err error) string {
	var refused *odataerrors.ODataError
	if errors.As(err, &refused) && refused.GetErrorEscaped() != nil && refused.GetErrorEscaped().GetCode() != nil {
		return *refused.GetErrorEscaped().GetCode()
	}
	return ""
}
