package plane

import (
	"errors"
	"fmt"
)

// addresses gives each pod an address that nobody had for as long as possible: who still remembers the pod of before should
// find nobody rather than another.
type addresses struct {
	last  int
	taken map[string]bool
}

// inRange is how many there are: 10.250.1.1 to 10.250.250.250.
const inRange = 250 * 250

func (a *addresses) take() (string, error) {
	if a.taken == nil {
		a.taken = map[string]bool{}
	}
	for range inRange {
		n := a.last % inRange
		a.last++
		ip := fmt.Sprintf("10.250.%d.%d", 1+n/250, 1+n%250)
		if !a.taken[ip] {
			a.taken[ip] = true
			return ip, nil
		}
	}
	return "", errors.New("no free pod address")
}

func (a *addresses) give(ip string) { delete(a.taken, ip) }
