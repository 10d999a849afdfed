package plane

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
	corev1 "k8s.io/api/core/v1"

	"sidestep.dev/end2end/cluster/inside"
)

// sidecarUser is whom Istio's own templates run the sidecar as.
const sidecarUser = 1337

// ownFolder makes the folder for the pods' files, in memory and in our own mounts: whoever they are given to, and however we end, they
// are gone with us.
func ownFolder(folder string) error {
	// What an older version left.
	if err := errors.Join(os.RemoveAll(folder), os.MkdirAll(folder, 0o711)); err != nil {
		return err
	}
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("cannot have mounts of our own: %w", err)
	}
	if err := unix.Mount("tmpfs", folder, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, "mode=711"); err != nil {
		return fmt.Errorf("cannot keep the pods' files in memory: %w", err)
	}
	return nil
}

// makeFiles makes the folder of a pod that has nothing.
func makeFiles(folder string) error {
	if err := writeFiles(folder, &corev1.Pod{}); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, "hosts"), nil, 0o644)
}

// Check says why no pod can be had here, if so: it makes an empty one in an empty network.
func Check(config Config) error {
	if err := ownFolder(config.Folder); err != nil {
		return err
	}
	folder := filepath.Join(config.Folder, "check")
	if err := makeFiles(folder); err != nil {
		return err
	}
	// Any program will do in Envoy's place, which may have to be downloaded first.
	box, err := NewBox(inside.Files{Root: filepath.Join(folder, "root"), Folder: folder, Pod: config.Pod, Envoy: config.Pod, Hostname: "check"})
	if err != nil {
		return err
	}
	defer box.Close()
	network, err := NewNetwork()
	if err != nil {
		return err
	}
	if _, err := network.Join(box.Space); err != nil {
		return err
	}
	cmd, err := box.Start(Command{Args: []string{"true"}, Env: listed(nil), User: sidecarUser})
	if err == nil {
		err = cmd.Wait()
	}
	if err != nil {
		return fmt.Errorf("nothing runs as user %d: %w", sidecarUser, err)
	}
	return nil
}
