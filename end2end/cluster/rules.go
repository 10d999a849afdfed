package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"

	istiolog "istio.io/istio/pkg/log"
	netutil "istio.io/istio/pkg/util/net"
	"istio.io/istio/tools/common/config"
	"istio.io/istio/tools/istio-iptables/pkg/capture"
	"istio.io/istio/tools/istio-iptables/pkg/cmd"
	"istio.io/istio/tools/istio-iptables/pkg/constants"
	"istio.io/istio/tools/istio-iptables/pkg/dependencies"
)

// RulesQuestion is a pod as istio-init finds it. The environment is the container's, whole.
type RulesQuestion struct {
	Args       []string          `json:"args"`
	Env        map[string]string `json:"env"`
	IPv6       bool              `json:"ipv6"`
	DNSServers []string          `json:"dns_servers"`
}

// RulesAnswer is what istio-iptables feeds iptables-restore and ip6tables-restore with, or why it ends.
type RulesAnswer struct {
	IPv4  string `json:"ipv4"`
	IPv6  string `json:"ipv6"`
	Error string `json:"error,omitempty"`
}

// rules answers questions, one JSON object a line, by the real istio-iptables, which runs nothing here.
func rules([]string) int {
	options := istiolog.DefaultOptions()
	options.OutputPaths = []string{os.DevNull}
	if err := istiolog.Configure(options); err != nil {
		return complain(err)
	}
	return eachLine(func(line []byte) (any, error) {
		var q RulesQuestion
		if err := json.Unmarshal(line, &q); err != nil {
			return nil, err
		}
		return q.ask(), nil
	})
}

// eachLine reads lines from standard input and writes an answer for each, as JSON.
func eachLine(answer func(line []byte) (any, error)) int {
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 64<<20)
	out := bufio.NewWriter(os.Stdout)
	encoder := json.NewEncoder(out)
	for in.Scan() {
		a, err := answer(in.Bytes())
		if err == nil {
			err = encoder.Encode(a)
		}
		if err == nil {
			err = out.Flush()
		}
		if err != nil {
			return complain(err)
		}
	}
	if err := in.Err(); err != nil {
		return complain(err)
	}
	return 0
}

func (q RulesQuestion) ask() RulesAnswer {
	written := &restores{}
	if err := q.write(written); err != nil {
		return RulesAnswer{Error: err.Error()}
	}
	return RulesAnswer{IPv4: written.v4, IPv6: written.v6}
}

func (q RulesQuestion) write(written *restores) error {
	for name, value := range q.Env {
		if err := os.Setenv(name, value); err != nil {
			return err
		}
		defer func() { _ = os.Unsetenv(name) }()
	}
	cfg, err := parsed(q.Args)
	if err != nil {
		return err
	}
	config.LocalIPAddrs = q.addresses
	// The name servers are the question's: those of this machine must not be looked at.
	asked := cfg.RedirectDNS
	cfg.RedirectDNS = false
	if err := cfg.FillConfigFromEnvironment(); err != nil {
		return err
	}
	cfg.RedirectDNS = asked
	if asked && !cfg.CaptureAllDNS {
		cfg.DNSServersV4, cfg.DNSServersV6 = netutil.IPsSplitV4V6(q.DNSServers)
	}
	if err := cfg.Validate(); err != nil {
		return err
	}
	configurator, err := capture.NewIptablesConfigurator(cfg, written)
	if err != nil {
		return err
	}
	return configurator.Run()
}

func (q RulesQuestion) addresses() ([]net.Addr, error) {
	ip := "10.0.0.5/24"
	if q.IPv6 {
		ip = "2001:db8::5/64"
	}
	address, network, err := net.ParseCIDR(ip)
	return []net.Addr{&net.IPNet{IP: address, Mask: network.Mask}}, err
}

// parsed reads arguments and environment by the program's own flags. Its configuration is not to be had from outside, so
// each flag is looked up afterwards.
func parsed(args []string) (*config.Config, error) {
	command := cmd.GetCommand(istiolog.DefaultOptions())
	if err := command.ParseFlags(args); err != nil {
		return nil, err
	}
	text := func(name string) string { return command.Flags().Lookup(name).Value.String() }
	on := func(name string) bool { b, _ := strconv.ParseBool(text(name)); return b }
	cfg := config.DefaultConfig()
	for name, at := range map[string]*string{
		constants.EnvoyPort:                 &cfg.ProxyPort,
		constants.InboundCapturePort:        &cfg.InboundCapturePort,
		constants.InboundTunnelPort:         &cfg.InboundTunnelPort,
		constants.ProxyUID:                  &cfg.ProxyUID,
		constants.ProxyGID:                  &cfg.ProxyGID,
		constants.InboundInterceptionMode:   &cfg.InboundInterceptionMode,
		constants.InboundPorts:              &cfg.InboundPortsInclude,
		constants.LocalExcludePorts:         &cfg.InboundPortsExclude,
		constants.ExcludeInterfaces:         &cfg.ExcludeInterfaces,
		constants.ServiceCidr:               &cfg.OutboundIPRangesInclude,
		constants.ServiceExcludeCidr:        &cfg.OutboundIPRangesExclude,
		constants.OutboundPorts:             &cfg.OutboundPortsInclude,
		constants.LocalOutboundPortsExclude: &cfg.OutboundPortsExclude,
		constants.RerouteVirtualInterfaces:  &cfg.RerouteVirtualInterfaces,
		constants.InboundTProxyMark:         &cfg.InboundTProxyMark,
		constants.InboundTProxyRouteTable:   &cfg.InboundTProxyRouteTable,
	} {
		*at = text(name)
	}
	cfg.RedirectDNS = on(constants.RedirectDNS)
	cfg.CaptureAllDNS = on(constants.CaptureAllDNS)
	cfg.DropInvalid = on(constants.DropInvalid)
	cfg.DualStack = on(constants.DualStack)
	return cfg, nil
}

// restores keeps what istio-iptables would hand to the kernel, and hands on nothing.
type restores struct {
	dependencies.DependenciesStub
	v4, v6 string
}

func (r *restores) Run(
	_ *istiolog.Scope, _ bool, command constants.IptablesCmd, version *dependencies.IptablesVersion, in io.ReadSeeker, _ ...string,
) (*bytes.Buffer, error) {
	if command != constants.IPTablesRestore || in == nil {
		return &bytes.Buffer{}, nil
	}
	text, err := io.ReadAll(in)
	if err != nil {
		return nil, fmt.Errorf("the rules cannot be read: %w", err)
	}
	if strings.HasPrefix(version.DetectedBinary, "ip6") {
		r.v6 = string(text)
	} else {
		r.v4 = string(text)
	}
	return &bytes.Buffer{}, nil
}
