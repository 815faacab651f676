package tunneltest

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"time"

	"golang.ngrok.com/muxado/v2"
)

// What a stream is for: its first four bytes.
const (
	streamAuth       muxado.StreamType = 0
	streamBind       muxado.StreamType = 1
	streamUnbind     muxado.StreamType = 2
	streamProxy      muxado.StreamType = 3
	streamRestart    muxado.StreamType = 4
	streamStop       muxado.StreamType = 5
	streamSrvInfo    muxado.StreamType = 8
	streamStopTunnel muxado.StreamType = 9
	streamHeartbeat  muxado.StreamType = 0xFFFFFFFF
)

// Each request is one JSON value, and so is its answer. Names on the wire are those of the fields, but for the ids.

type authRequest struct {
	Version  []string
	ClientID string `json:"ClientId"`
	Extra    authExtra
}

type authExtra struct {
	OS, Arch, Version, UserAgent, ClientType string
	Authtoken                                string
	Cookie                                   string
	Metadata                                 string
	HeartbeatInterval, HeartbeatTolerance    time.Duration // sent in nanoseconds
	StopUnsupportedError                     *string       // nil or a reason: the agent can't; empty: it can
}

type authAnswer struct {
	Version  string
	ClientID string `json:"ClientId"`
	Error    string
	Extra    authAnswerExtra
}

type authAnswerExtra struct {
	Version, Region, Cookie, AccountName, PlanName string
	AgentSessionID                                 string
}

type bindRequest struct {
	ID         string `json:"Id"`
	Proto      string
	ForwardsTo string
	Opts       map[string]json.RawMessage
	Extra      bindExtra
}

type bindExtra struct {
	Name, Token, Metadata, Description string
	PoolingEnabled                     bool
}

type bindAnswer struct {
	ID    string `json:"Id"`
	URL   string
	Proto string
	// Opts are the request's, complete and with the URL that was given: an agent that comes back sends these.
	Opts  map[string]json.RawMessage
	Error string
	Extra bindAnswerExtra
}

type bindAnswerExtra struct {
	Token    string
	TunnelID string
}

type unbindRequest struct {
	ID string `json:"Id"`
}

type plainAnswer struct {
	Error string
}

type srvInfoAnswer struct {
	Region string
}

type stopTunnelRequest struct {
	ID        string `json:"Id"`
	Message   string
	ErrorCode string
}

// proxyHeader comes before the bytes of a visitor's connection.
type proxyHeader struct {
	ID         string `json:"Id"`
	ClientAddr string
	Proto      string
	EdgeType   string
}

// edgeHTTPS is the type of edge that ends the visitor's TLS.
const edgeHTTPS = "3"

// writeProxyHeader announces a visitor: a length in eight bytes, little end first, and JSON, in one write.
func writeProxyHeader(w io.Writer, h proxyHeader) error {
	text, err := json.Marshal(h)
	if err != nil {
		return fmt.Errorf("write proxy header: %w", err)
	}
	_, err = w.Write(append(binary.LittleEndian.AppendUint64(nil, uint64(len(text))), text...))
	if err != nil {
		return fmt.Errorf("write proxy header: %w", err)
	}
	return nil
}

// answer reads one request from a stream and writes what do makes of it.
func answer[Request, Answer any](stream net.Conn, do func(Request) Answer) error {
	var request Request
	if err := json.NewDecoder(stream).Decode(&request); err != nil {
		return fmt.Errorf("read %T: %w", request, err)
	}
	return json.NewEncoder(stream).Encode(do(request))
}
