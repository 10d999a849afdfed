package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"go.etcd.io/etcd/server/v3/etcdmain"
	pilot "istio.io/istio/pilot/cmd/pilot-discovery/app"
	istiolog "istio.io/istio/pkg/log"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/metrics/prometheus/clientgo" // client-go metrics, as in the real programs
	kubectl "k8s.io/kubectl/pkg/cmd"
	kubeapiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	kubecontrollers "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	kubescheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
	kwokconfig "sigs.k8s.io/kwok/pkg/config"
	kwokcmd "sigs.k8s.io/kwok/pkg/kwok/cmd"
	kwoklog "sigs.k8s.io/kwok/pkg/log"
	kwoksignals "sigs.k8s.io/kwok/pkg/utils/signals"
)

// partMains are the upstream programs inside this binary. Each believes to be alone in it: os.Args is cut first.
var partMains = map[string]func() int{
	etcdPart:       func() int { etcdmain.Main(os.Args); return 0 },
	apiServerPart:  func() int { return cli.Run(kubeapiserver.NewAPIServerCommand()) },
	controllerPart: func() int { return cli.Run(kubecontrollers.NewControllerManagerCommand()) },
	schedulerPart:  func() int { return cli.Run(kubescheduler.NewSchedulerCommand()) },
	istiodPart:     runIstiod,
	kwokPart:       runKwok,
	nodeAgentPart:  runNodeAgent,
}

func runPart(name string) int {
	os.Args = append([]string{name}, os.Args[2:]...)
	return partMains[name]()
}

func runIstiod() int {
	istiolog.EnableKlogWithCobra()
	return execute(pilot.NewRootCommand())
}

// runKubectl saves looking for a kubectl on a machine that has none.
func runKubectl() int {
	os.Args = append([]string{"kubectl"}, os.Args[2:]...)
	return cli.Run(kubectl.NewDefaultKubectlCommand())
}

// runKwok reads --config before cobra sees the flags: kwok's stages come with the context, not with the command.
func runKwok() int {
	flags := pflag.NewFlagSet("kwok", pflag.ContinueOnError)
	flags.ParseErrorsAllowlist.UnknownFlags = true
	flags.Usage = func() {}
	ctx, _ := kwoklog.InitFlags(kwoksignals.SetupSignalContext(), flags)
	ctx, err := kwokconfig.InitFlags(ctx, flags)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	command := kwokcmd.NewCommand(ctx)
	// Kubernetes' packages put a `--version` of another type into the global flag set, which cobra adds to every command.
	command.Version = ""
	command.PersistentFlags().AddFlagSet(flags)
	command.SetContext(ctx)
	return execute(command)
}

func execute(command *cobra.Command) int {
	if err := command.Execute(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}
