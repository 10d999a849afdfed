// Package netns makes network namespaces that no file names: each is gone with the last process that holds it or runs in it.
package netns

import (
	"errors"
	"fmt"
	"net"
	"os"
	"runtime"
	"strings"
	"syscall"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// Space is a network namespace.
type Space struct{ Handle int }

// New makes a namespace on a thread of its own; the thread ends, the handle keeps it.
func New() (*Space, error) {
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

// Do runs f inside, on a thread that ends with it: whatever f does to its thread stays there.
func (s *Space) Do(f func() error) error {
	done := make(chan error)
	go func() {
		runtime.LockOSThread()
		if err := unix.Setns(s.Handle, unix.CLONE_NEWNET); err != nil {
			done <- err
			return
		}
		done <- f()
	}()
	return <-done
}

// LinkUp brings an interface up.
func LinkUp(name string) error {
	link, err := netlink.LinkByName(name)
	if err != nil {
		return err
	}
	return netlink.LinkSetUp(link)
}

// Address gives an interface an address, in the form of a CIDR, and brings it up.
func Address(name, text string) error {
	if err := LinkUp(name); err != nil {
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

// Route sends what goes `to` a range by way of an address, given as a CIDR.
func Route(to, via string) error {
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

// Settings writes kernel settings of the namespace that the thread is in.
func Settings(all ...string) error {
	for _, setting := range all {
		name, value, _ := strings.Cut(setting, "=")
		err := os.WriteFile("/proc/sys/"+name, []byte(value), 0o644)
		if err != nil && !errors.Is(err, syscall.EROFS) {
			return err
		}
	}
	return nil
}
