// Command sidestep-pod is what the sandbox's pods run besides Envoy: their first process, Istio's agent and, where the machine has none,
// a little of curl. It is a binary of its own because istiod and the agent declare the same variables differently, which one binary
// complains of on standard output; it is also a third as large.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	meshconfig "istio.io/api/mesh/v1alpha1"
	agent "istio.io/istio/pilot/cmd/pilot-agent/app"
	istioagent "istio.io/istio/pkg/istio-agent"
	"istio.io/istio/pkg/log"
	"istio.io/istio/pkg/security"
	"istio.io/istio/security/pkg/nodeagent/sds"

	"sidestep.dev/end2end/cluster/inside"
)

func main() {
	var err error
	switch filepath.Base(os.Args[0]) {
	case "curl":
		os.Exit(inside.Curl(os.Args[1:], os.Stdout, os.Stderr))
	case "pilot-agent":
		err = pilotAgent()
	default:
		err = inside.FirstProcess(os.Args[1:])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// pilotAgent is the program of Istio's image. Its own main does no more than this.
func pilotAgent() error {
	log.EnableKlogWithCobra()
	secrets := func(options *security.Options, cache security.SecretManager, keys *meshconfig.PrivateKeyProvider) istioagent.SDSService {
		return sds.NewServer(options, cache, keys)
	}
	return agent.NewRootCommand(secrets).Execute()
}
