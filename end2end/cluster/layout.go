package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// Layout names every file of one state folder, so that no other file of this program spells a path.
type Layout struct{ Dir string }

// NewLayout resolves the folder once: parts run in other working directories and ready.json promises absolute paths.
func NewLayout(dir string) (Layout, error) {
	if dir == "" {
		return Layout{}, fmt.Errorf("no state folder given: add --state DIR")
	}
	abs, err := filepath.Abs(dir)
	return Layout{abs}, err
}

func (l Layout) path(parts ...string) string {
	return filepath.Join(append([]string{l.Dir}, parts...)...)
}

func (l Layout) cert(name string) string       { return l.path("certs", name) }
func (l Layout) kubeconfig(user string) string { return l.path("kubeconfigs", user+".yaml") }
func (l Layout) log(part string) string        { return l.path("logs", part+".log") }
func (l Layout) data() string                  { return l.path("data") }
func (l Layout) home() string                  { return l.path("home") }
func (l Layout) ready() string                 { return l.path("ready.json") }
func (l Layout) dataPlane() string             { return l.path("dataplane.json") }
func (l Layout) lock() string                  { return l.path("lock") }
func (l Layout) stages() string                { return l.path("stages.yaml") }

// Create makes the folders, readable by their owner only: they hold private keys and tokens.
func (l Layout) Create() error {
	for _, d := range []string{"", "certs", "data", "logs", "pids", "kubeconfigs", "home"} {
		if err := os.MkdirAll(l.path(d), 0o700); err != nil {
			return err
		}
	}
	return os.Chmod(l.Dir, 0o700)
}

// Ready is what other programs read to find the sandbox. The file is there while the sandbox is usable;
// only a supervisor that was killed leaves it behind.
type Ready struct {
	APIServer       string            `json:"apiServer"`
	Kubeconfig      string            `json:"kubeconfig"`
	Kubeconfigs     map[string]string `json:"kubeconfigs"`
	Tokens          map[string]string `json:"tokens"`
	CAFile          string            `json:"caFile"`
	IstiodInjectURL string            `json:"istiodInjectURL"`
	IstiodXDS       string            `json:"istiodXDS"`
	IstiodDebugURL  string            `json:"istiodDebugURL"`
	SupervisorPid   int               `json:"supervisorPid"`
	// DataPlane is how it stood when the sandbox became ready; dataplane.json has it as it stands.
	DataPlane    DataPlane `json:"dataPlane"`
	ReadySeconds float64   `json:"readySeconds"`
}

// WriteReady publishes the file in one step, so that a reader never sees half of it.
func (l Layout) WriteReady(r Ready) error {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return writeAtomically(l.ready(), append(text, '\n'))
}

// WritePlane publishes how the data plane stands.
func (l Layout) WritePlane(d DataPlane) error {
	text, err := json.MarshalIndent(d, "", "  ")
	if err != nil {
		return err
	}
	return writeAtomically(l.dataPlane(), append(text, '\n'))
}

// ReadPlane returns how the data plane stands.
func (l Layout) ReadPlane() (d DataPlane, err error) {
	text, err := os.ReadFile(l.dataPlane())
	if err != nil {
		return d, err
	}
	return d, json.Unmarshal(text, &d)
}

// ReadReady returns what a running sandbox published.
func (l Layout) ReadReady() (Ready, error) {
	var r Ready
	text, err := os.ReadFile(l.ready())
	if err != nil {
		return r, err
	}
	return r, json.Unmarshal(text, &r)
}

func writeAtomically(path string, text []byte) error {
	temporary := path + ".new"
	if err := os.WriteFile(temporary, text, 0o600); err != nil {
		return err
	}
	return os.Rename(temporary, path)
}
