package main

import (
	"errors"
	"fmt"
	"net"
	"os/exec"
	"strings"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"sidestep.dev/end2end/cluster/netns"
)

// Lab is a pod and a peer, each a network namespace, with three wires between them. The peer answers for every address that
// it is not itself behind the first two, as the rest of the world would. Everything is gone with the process.
type Lab struct {
	pod, peer *netns.Space
	post      *post
}

// wire is a pair of interfaces: `name` in the pod, wireN in the peer.
type wire struct {
	name, pod4, peer4, pod6, peer6 string
}

var wires = []wire{
	{"eth0", "10.250.0.5/24", "10.250.0.1/24", "2001:db8:250::5/64", "2001:db8:250::1/64"},
	{"eth1", "10.251.0.5/24", "10.251.0.1/24", "2001:db8:251::5/64", "2001:db8:251::1/64"},
	{"virt0", "10.252.0.5/24", "10.252.0.1/24", "2001:db8:252::5/64", "2001:db8:252::1/64"},
}

// behindEth1 is reached by the second wire; everything else by the first.
var behindEth1 = []string{"10.60.0.0/16", "2001:db8:60::/48"}

// NewLab makes both namespaces, wires them and opens all sockets.
func NewLab() (*Lab, error) {
	l := &Lab{post: &post{letters: map[string]chan string{}}}
	for _, at := range []**netns.Space{&l.pod, &l.peer} {
		space, err := netns.New()
		if err != nil {
			return nil, err
		}
		*at = space
	}
	if err := l.pod.Do(func() error { return l.wirePod() }); err != nil {
		return nil, err
	}
	if err := l.peer.Do(wirePeer); err != nil {
		return nil, err
	}
	return l, l.listen()
}

// load replaces all rules, then adds text as Istio does.
func load(s *netns.Space, program, text string) error {
	return s.Do(func() error {
		empty := "*mangle\nCOMMIT\n*nat\nCOMMIT\n*raw\nCOMMIT\n"
		if err := restore(program, empty); err != nil || text == "" {
			return err
		}
		return restore(program, text, "--noflush")
	})
}

func restore(program, text string, args ...string) error {
	command := exec.Command(program, append([]string{"--wait"}, args...)...)
	command.Stdin = strings.NewReader(text)
	output, err := command.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w: %s", program, err, output)
	}
	return nil
}

func (l *Lab) wirePod() error {
	if err := netns.Settings("net/ipv4/conf/all/rp_filter=0", "net/ipv4/conf/default/rp_filter=0"); err != nil {
		return err
	}
	// The sidecar's own address for what it has seen; IPv4 has it by itself.
	if err := netns.Address("lo", "::6/128"); err != nil {
		return err
	}
	for i, w := range wires {
		veth := &netlink.Veth{LinkAttrs: netlink.LinkAttrs{Name: w.name}, PeerName: peerName(i), PeerNamespace: netlink.NsFd(l.peer.Handle)}
		if err := netlink.LinkAdd(veth); err != nil {
			return fmt.Errorf("cannot wire %s: %w", w.name, err)
		}
		if err := errors.Join(netns.Address(w.name, w.pod4), netns.Address(w.name, w.pod6)); err != nil {
			return err
		}
	}
	for _, to := range append([]string{"0.0.0.0/0", "::/0"}, behindEth1...) {
		w := wires[0]
		if to == behindEth1[0] || to == behindEth1[1] {
			w = wires[1]
		}
		via := w.peer4
		if strings.Contains(to, ":") {
			via = w.peer6
		}
		if err := netns.Route(to, via); err != nil {
			return err
		}
	}
	return takeAll(0, 1337, 133)
}

func wirePeer() error {
	if err := errors.Join(netns.Settings("net/ipv4/conf/all/rp_filter=0", "net/ipv4/conf/default/rp_filter=0"), netns.LinkUp("lo")); err != nil {
		return err
	}
	for i, w := range wires {
		if err := errors.Join(netns.Address(peerName(i), w.peer4), netns.Address(peerName(i), w.peer6)); err != nil {
			return err
		}
		if err := takeAll(i+1, 0, 100+i, peerName(i)); err != nil {
			return err
		}
	}
	return nil
}

func peerName(i int) string { return fmt.Sprintf("wire%d", i) }

// takeAll makes every address one of this namespace, for packets with a mark or from an interface.
func takeAll(priority int, mark uint32, table int, from ...string) error {
	lo, err := netlink.LinkByName("lo")
	if err != nil {
		return err
	}
	for _, family := range []struct {
		number int
		all    string
	}{{unix.AF_INET, "0.0.0.0/0"}, {unix.AF_INET6, "::/0"}} {
		_, all, err := net.ParseCIDR(family.all)
		if err != nil {
			return err
		}
		local := &netlink.Route{LinkIndex: lo.Attrs().Index, Dst: all, Type: unix.RTN_LOCAL, Scope: unix.RT_SCOPE_HOST, Table: table}
		if err := netlink.RouteAdd(local); err != nil {
			return fmt.Errorf("cannot take %s: %w", family.all, err)
		}
		rule := netlink.NewRule()
		rule.Family, rule.Table, rule.Mark = family.number, table, mark
		if len(from) > 0 {
			rule.IifName = from[0]
		}
		if priority > 0 {
			rule.Priority = priority
		}
		if err := netlink.RuleAdd(rule); err != nil {
			return fmt.Errorf("cannot route to table %d: %w", table, err)
		}
	}
	return nil
}
