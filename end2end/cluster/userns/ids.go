package userns

import (
	"fmt"
	"strconv"
	"strings"
)

// ids are consecutive user or group ids of the machine.
type ids struct{ first, count uint32 }

// Needed is how many ids beside root's a namespace has to have: 1 to 65533. Above are those of nobody and of "none".
const Needed = 65533

// granted finds what /etc/subuid or /etc/subgid grants to a user, by name or by number.
func granted(text, name string, uid int) (all []ids) {
	for line := range strings.Lines(text) {
		who, first, count, ok := parseLine(line)
		if ok && (who == name || who == strconv.Itoa(uid)) {
			all = append(all, ids{first, count})
		}
	}
	return all
}

// parseLine reads `name:first:count`. The programs that go by these files pass over lines that they do not understand.
func parseLine(line string) (who string, first, count uint32, ok bool) {
	fields := strings.Split(strings.TrimSpace(line), ":")
	if len(fields) != 3 || fields[0] == "" {
		return "", 0, 0, false
	}
	from, fromErr := strconv.ParseUint(fields[1], 10, 32)
	many, manyErr := strconv.ParseUint(fields[2], 10, 32)
	if fromErr != nil || manyErr != nil || many == 0 || from+many > 1<<32 {
		return "", 0, 0, false
	}
	return fields[0], uint32(from), uint32(many), true
}

// mapping is what newuidmap and newgidmap are told: root is the caller, and all that is granted to the caller follows from 1 on.
func mapping(self int, granted []ids) []string {
	arguments := []string{"0", strconv.Itoa(self), "1"}
	next := uint32(1)
	for _, g := range granted {
		arguments = append(arguments, fmt.Sprint(next), fmt.Sprint(g.first), fmt.Sprint(g.count))
		next += g.count
	}
	return arguments
}

func total(all []ids) (sum uint64) {
	for _, i := range all {
		sum += uint64(i.count)
	}
	return sum
}

// tooFew says what is missing in one of the two files, and the command that mends it.
func tooFew(file string, have []ids, name string, texts ...string) error {
	what := "no ids"
	if sum := total(have); sum > 0 {
		what = fmt.Sprintf("only %d ids", sum)
	}
	first := unused(texts...)
	last := first + 65535
	return fmt.Errorf("%s grants %s to %s, and pods need %d: `sudo usermod --add-subuids %d-%d --add-subgids %d-%d %s`",
		file, what, name, Needed, first, last, first, last, name)
}

// unused is where a range begins that nobody has in any of the files.
func unused(texts ...string) uint64 {
	first := uint64(100000)
	for _, text := range texts {
		for line := range strings.Lines(text) {
			if _, from, count, ok := parseLine(line); ok {
				first = max(first, uint64(from)+uint64(count))
			}
		}
	}
	return first
}
