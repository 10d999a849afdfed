package main

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Probe is a packet that is really sent. The interface follows from the destination.
type Probe struct {
	Direction   string     `json:"direction"`
	Protocol    string     `json:"protocol"`
	Source      netip.Addr `json:"source"`
	Destination netip.Addr `json:"destination"`
	Port        uint16     `json:"port"`
	UID         int        `json:"uid"`
	GID         int        `json:"gid"`
}

// appPorts are those on which application and peer listen.
var appPorts = []uint16{53, 80, 443, 3306, 7001, 8080, 9000, 15008, 15020, 15021, 15090}

// sidecarPorts are those of sidecar and agent. The second takes what TPROXY hands it.
var sidecarPorts = []uint16{15001, 15006, 15053}

// patience is how long a probe may take on a busy machine.
const patience = 2 * time.Second

// post tells who received which letter.
type post struct {
	mutex   sync.Mutex
	letters map[string]chan string
	count   atomic.Uint32
}

// next gives a letter, a port to send it from that no other letter had, and where its receiver will be told.
func (p *post) next() (string, int, chan string) {
	number := p.count.Add(1)
	letter, told := fmt.Sprintf("letter-%08d", number), make(chan string, 4)
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.letters[letter] = told
	return letter, 20000 + int(number%40000), told
}

func (p *post) received(letter, by string) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if told := p.letters[letter]; told != nil {
		select {
		case told <- by:
		default:
		}
	}
}

func (p *post) forget(letter string) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	delete(p.letters, letter)
}

// listen opens the sockets of sidecar, application and peer.
func (l *Lab) listen() error {
	err := l.pod.Do(func() error {
		for _, port := range sidecarPorts {
			if err := l.post.open(port, fmt.Sprint(port)); err != nil {
				return err
			}
		}
		return l.post.openAll("app")
	})
	if err != nil {
		return err
	}
	return l.peer.Do(func() error { return l.post.openAll("peer") })
}

func (p *post) openAll(who string) error {
	for _, port := range appPorts {
		if err := p.open(port, who); err != nil {
			return err
		}
	}
	return nil
}

// open listens on a port of the thread's namespace, on all addresses, by TCP and UDP.
func (p *post) open(port uint16, who string) error {
	for _, family := range []string{"4", "6"} {
		at := map[string]string{"4": "0.0.0.0", "6": "[::]"}[family]
		config := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) error { return transparent(c, family) }}
		listener, err := config.Listen(context.Background(), "tcp"+family, fmt.Sprintf("%s:%d", at, port))
		if err != nil {
			return err
		}
		packets, err := config.ListenPacket(context.Background(), "udp"+family, fmt.Sprintf("%s:%d", at, port))
		if err != nil {
			return err
		}
		go p.accept(listener, who)
		go p.read(packets, who)
	}
	return nil
}

// transparent lets a socket take packets for addresses that are not its own.
func transparent(c syscall.RawConn, family string) error {
	var failed error
	err := c.Control(func(fd uintptr) {
		if family == "4" {
			failed = unix.SetsockoptInt(int(fd), unix.SOL_IP, unix.IP_TRANSPARENT, 1)
		} else {
			failed = unix.SetsockoptInt(int(fd), unix.SOL_IPV6, unix.IPV6_TRANSPARENT, 1)
		}
	})
	if err != nil {
		return err
	}
	return failed
}

func (p *post) accept(listener net.Listener, who string) {
	for {
		connection, err := listener.Accept()
		if err != nil {
			return
		}
		go func() {
			defer func() { _ = connection.Close() }()
			_ = connection.SetDeadline(time.Now().Add(patience))
			letter := make([]byte, 64)
			if n, err := connection.Read(letter); err == nil {
				p.received(string(letter[:n]), who)
			}
		}()
	}
}

func (p *post) read(packets net.PacketConn, who string) {
	letter := make([]byte, 64)
	for {
		n, _, err := packets.ReadFrom(letter)
		if err != nil {
			return
		}
		p.received(string(letter[:n]), who)
	}
}

// send sends a probe and waits until somebody has it.
func (l *Lab) send(probe Probe) string {
	letter, port, told := l.post.next()
	defer l.post.forget(letter)
	from := l.pod
	if probe.Direction == "inbound" {
		from = l.peer
	}
	if err := from.Do(func() error { return probe.deliver(letter, port) }); err != nil {
		return err.Error()
	}
	select {
	case by := <-told:
		return by
	case <-time.After(patience):
		return "nobody"
	}
}

// deliver sends a letter under the probe's user and group. Its thread has no way back to what it was, and ends.
func (p Probe) deliver(letter string, port int) error {
	for _, call := range [][2]uintptr{{unix.SYS_SETRESGID, uintptr(p.GID)}, {unix.SYS_SETRESUID, uintptr(p.UID)}} {
		if _, _, errno := unix.RawSyscall(call[0], call[1], call[1], call[1]); errno != 0 {
			return errno
		}
	}
	family, kind := unix.AF_INET, unix.SOCK_STREAM
	if p.Destination.Is6() {
		family = unix.AF_INET6
	}
	if p.Protocol == "udp" {
		kind = unix.SOCK_DGRAM
	}
	fd, err := unix.Socket(family, kind|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return err
	}
	defer func() { _ = unix.Close(fd) }()
	if err := unix.Bind(fd, socketAddress(p.Source, port)); err != nil {
		return fmt.Errorf("cannot send from %s: %w", p.Source, err)
	}
	to := socketAddress(p.Destination, int(p.Port))
	if kind == unix.SOCK_DGRAM {
		return unix.Sendto(fd, []byte(letter), 0, to)
	}
	if err := unix.Connect(fd, to); err != nil && err != unix.EINPROGRESS {
		return err
	}
	ready := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLOUT}}
	for end := time.Now().Add(patience); ; {
		n, err := unix.Poll(ready, int(time.Until(end).Milliseconds()))
		// Go's own signals interrupt it.
		if err == unix.EINTR && time.Now().Before(end) {
			continue
		}
		if err != nil || n <= 0 {
			return fmt.Errorf("no connection in time: %v", err)
		}
		break
	}
	if code, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR); err != nil || code != 0 {
		return fmt.Errorf("no connection: %w", syscall.Errno(code))
	}
	_, err = unix.Write(fd, []byte(letter))
	return err
}

func socketAddress(address netip.Addr, port int) unix.Sockaddr {
	if address.Is4() {
		return &unix.SockaddrInet4{Port: port, Addr: address.As4()}
	}
	return &unix.SockaddrInet6{Port: port, Addr: address.As16()}
}
