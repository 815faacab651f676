//go:build !notunnel

package tunnel

import (
	"errors"

	"go.yaml.in/yaml/v4"
)

// tokenIn reads the authtoken in a configuration file of ngrok's agent, empty if it holds none. Version 3 keeps it below agent, version
// 2 at the top; the version itself is written in several ways, and both keys are looked at whatever it says.
func tokenIn(text []byte) (string, error) {
	var file struct {
		Authtoken string `yaml:"authtoken"`
		Agent     struct {
			Authtoken string `yaml:"authtoken"`
		} `yaml:"agent"`
	}
	if yaml.Unmarshal(text, &file) != nil {
		return "", errors.New("it is not the YAML that ngrok writes") // the library's own words quote the file, and so the token
	}
	if file.Agent.Authtoken != "" {
		return file.Agent.Authtoken, nil
	}
	return file.Authtoken, nil
}
