package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// Lab is a pod and a peer, each a network namespace, with three wires between them. The peer answers for every address that
// it is not itself behind the first two, as the rest of the world would. Everything is gone with the process.
type Lab struct {
	pod, peer *Space
	post      *post
}

// Space is a network namespace.
type Space struct{ handle int }

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
	for _, at := range []**Space{&l.pod, &l.peer} {
		space, err := newSpace()
		if err != nil {
			return nil, err
		}
		*at = space
	}
	if err := l.pod.do(func() error { return l.wirePod() }); err != nil {
		return nil, err
	}
	if err := l.peer.do(wirePeer); err != nil {
		return nil, err
	}
	return l, l.listen()
}

// newSpace makes a namespace on a thread of its own; the thread ends, the handle keeps it.
func newSpace() (*Space, error) {
	type result struct {
		space *Space
		err   error
	}
	made := make(chan result)
	go func() {
		runtime.LockOSThread()
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			made <- result{nil, err}
			return
		}
		handle, err := unix.Open(fmt.Sprintf("/proc/self/task/%d/ns/net", unix.Gettid()), unix.O_RDONLY|unix.O_CLOEXEC, 0)
		made <- result{&Space{handle}, err}
	}()
	r := <-made
	return r.space, r.err
}

// do runs f inside, on a thread that ends with it: whatever f does to its thread stays there.
func (s *Space) do(f func() error) error {
	done := make(chan error)
	go func() {
		runtime.LockOSThread()
		if err := unix.Setns(s.handle, unix.CLONE_NEWNET); err != nil {
			done <- err
			return
		}
		done <- f()
	}()
	return <-done
}

// load replaces all rules, then adds text as Istio does.
func (s *Space) load(program, text string) error {
	return s.do(func() error {
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
	if err := settings("net/ipv4/conf/all/rp_filter=0", "net/ipv4/conf/default/rp_filter=0"); err != nil {
		return err
	}
	// The sidecar's own address for what it has seen; IPv4 has it by itself.
	if err := address("lo", "::6/128"); err != nil {
		return err
	}
	for i, w := range wires {
		veth := &netlink.Veth{LinkAttrs: netlink.LinkAttrs{Name: w.name}, PeerName: peerName(i), PeerNamespace: netlink.NsFd(l.peer.handle)}
		if err := netlink.LinkAdd(veth); err != nil {
			return fmt.Errorf("cannot wire %s: %w", w.name, err)
		}
		if err := errors.Join(address(w.name, w.pod4), address(w.name, w.pod6)); err != nil {
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
		if err := route(to, via); err != nil {
			return err
		}
	}
	return takeAll(0, 1337, 133)
}

func wirePeer() error {
	if err := errors.Join(settings("net/ipv4/conf/all/rp_filter=0", "net/ipv4/conf/default/rp_filter=0"), linkUp("lo")); err != nil {
		return err
	}
	for i, w := range wires {
		if err := errors.Join(address(peerName(i), w.peer4), address(peerName(i), w.peer6)); err != nil {
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

func linkUp(name string) error {
	link, err := netlink.LinkByName(name)
	if err != nil {
		return err
	}
	return netlink.LinkSetUp(link)
}

func address(name, text string) error {
	if err := linkUp(name); err != nil {
		return err
	}
	link, err := netlink.LinkByName(name)
	if err != nil {
		return err
	}
	a, err := netlink.ParseAddr(text)
	if err != nil {
		return err
	}
	if a.IP.To4() == nil {
		// No waiting for duplicates: there is nobody else.
		a.Flags = unix.IFA_F_NODAD
	}
	if err := netlink.AddrAdd(link, a); err != nil {
		return fmt.Errorf("cannot give %s the address %s: %w", name, text, err)
	}
	return nil
}

func route(to, via string) error {
	_, destination, err := net.ParseCIDR(to)
	if err != nil {
		return err
	}
	gateway, _, err := net.ParseCIDR(via)
	if err != nil {
		return err
	}
	if err := netlink.RouteAdd(&netlink.Route{Dst: destination, Gw: gateway}); err != nil {
		return fmt.Errorf("cannot route %s: %w", to, err)
	}
	return nil
}

// settings writes kernel settings of the namespace that the thread is in.
func settings(all ...string) error {
	for _, setting := range all {
		name, value, _ := strings.Cut(setting, "=")
		err := os.WriteFile("/proc/sys/"+name, []byte(value), 0o644)
		if err != nil && !errors.Is(err, syscall.EROFS) {
			return err
		}
	}
	return nil
}
