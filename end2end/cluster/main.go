// Command sidestep-sandbox starts a real Kubernetes and Istio control plane on one machine, without root, containers or
// downloads. It is one binary that contains every part: the first argument picks the part or the command. Start
// reading at up.go.
package main

import (
	"fmt"
	"os"

	"sidestep.dev/end2end/cluster/userns"
)

const usage = `usage: sidestep-sandbox COMMAND --state DIR

  up [--demo=false] [--data-plane=false]
                      start the sandbox and stay in the foreground until Ctrl-C
  down                stop it from another terminal
  status              say whether it runs
  pause PART          freeze a part, for instance kube-apiserver
  resume PART         let it go on
  rules               what istio-iptables writes for pods, one JSON object a line; needs no --state
  mesh-config         what istiod reads from mesh configurations, one JSON object a line; needs no --state
  kernel [--check]    what the kernel does with packets under given rules, one JSON object a line; needs root,
                      or subordinate ids
  kubectl ...         kubectl of the same version; needs no --state, takes --kubeconfig
`

func main() {
	if err := userns.Await(); err != nil {
		os.Exit(complain(err))
	}
	if len(os.Args) < 2 {
		fmt.Fprint(os.Stderr, usage)
		os.Exit(2)
	}
	name := os.Args[1]
	if _, ok := partMains[name]; ok {
		os.Exit(runPart(name))
	}
	if name == "kubectl" {
		os.Exit(runKubectl())
	}
	command, ok := map[string]func([]string) int{"up": up, "down": down, "status": status, "pause": freeze, "resume": thaw, "rules": rules, "mesh-config": meshConfig, "kernel": kernelProbes}[name]
	if !ok {
		fmt.Fprint(os.Stderr, usage)
		os.Exit(2)
	}
	os.Exit(command(os.Args[2:]))
}

// say prints for people; everything else goes to the parts' logs.
func say(format string, args ...any) { fmt.Printf(format+"\n", args...) }

// complain prints an error and gives the exit code that goes with it.
func complain(err error) int {
	fmt.Fprintf(os.Stderr, "sidestep-sandbox: %v\n", err)
	return 1
}
