package plane

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"sidestep.dev/end2end/cluster/inside"
	"sidestep.dev/end2end/cluster/userns"
)

// agentFolder names the variable that makes this binary play a node agent, with its pods in a folder.
const agentFolder = "SIDESTEP_TEST_AGENT"

// first is how the name of the program ends that a pod starts with.
const first = "-first"

// boxes are many, as chance decides on which thread a process is when it becomes a shell.
const boxes = 16

// notHere is the exit code where the machine does not allow what is tested.
const notHere = 77

func TestMain(m *testing.M) {
	var err error
	switch folder := os.Getenv(agentFolder); {
	case strings.HasSuffix(os.Args[0], first):
		err = inside.FirstProcess(os.Args[1:])
	case folder != "":
		if err = userns.Await(); err == nil {
			err = playAgent(folder)
		}
	default:
		os.Exit(m.Run())
	}
	err = userns.Explain(err)
	fmt.Fprintln(os.Stderr, err)
	if errors.As(err, &userns.Lacking{}) {
		os.Exit(notHere)
	}
	os.Exit(1)
}

// playAgent makes pods, says which processes they begin with, and waits to be killed: by the test, or with it.
func playAgent(folder string) error {
	program := folder + first
	if err := ownFolder(folder); err != nil {
		return err
	}
	for n := range boxes {
		at := filepath.Join(folder, strconv.Itoa(n))
		if err := makeFiles(at); err != nil {
			return err
		}
		box, err := NewBox(inside.Files{Root: filepath.Join(at, "root"), Folder: at, Pod: program, Envoy: program, Hostname: "check"})
		if err != nil {
			return err
		}
		fmt.Println(box.first.Process.Pid)
	}
	_, err := io.Copy(io.Discard, os.Stdin)
	return errors.Join(errors.New("the test is gone"), err)
}

func TestAKilledAgentLeavesNoPod(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "pods")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(self, folder+first); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), agentFolder+"="+folder)
	// A file, as the end of a pipe would come with that of the last pod.
	complaint, err := os.Create(folder + "-complaint")
	if err != nil {
		t.Fatal(err)
	}
	defer complaint.Close()
	cmd.Stderr = complaint
	said, saidErr := cmd.StdoutPipe()
	// Nothing is written: the agent ends when the pipe does.
	_, alive := cmd.StdinPipe()
	if err := errors.Join(saidErr, alive); err != nil {
		t.Fatal(err)
	}
	if err := userns.Start(cmd); errors.As(err, &userns.Lacking{}) {
		t.Skip(err)
	} else if err != nil {
		t.Fatal(err)
	}
	var pids []int
	for lines := bufio.NewScanner(said); len(pids) < boxes && lines.Scan(); {
		pid, err := strconv.Atoi(lines.Text())
		if err != nil {
			t.Error(lines.Text())
		}
		pids = append(pids, pid)
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	why, _ := os.ReadFile(complaint.Name())
	if cmd.ProcessState.ExitCode() == notHere {
		t.Skip(string(why))
	}
	if len(pids) < boxes {
		t.Fatalf("only %d pods: %s", len(pids), why)
	}
	for deadline := time.Now().Add(10 * time.Second); slices.ContainsFunc(pids, lives) && time.Now().Before(deadline); {
		time.Sleep(10 * time.Millisecond)
	}
	for _, pid := range slices.DeleteFunc(pids, func(pid int) bool { return !lives(pid) }) {
		t.Errorf("process %d lives on", pid)
		_ = unix.Kill(pid, unix.SIGKILL)
	}
}

// lives says whether a process has not ended, whoever has to take notice of that.
func lives(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && !strings.Contains(string(stat), ") Z ")
}
