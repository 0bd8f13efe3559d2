//go:build unix

package dbtest

import (
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"syscall"
)

// account is the operating-system user the server runs as: PostgreSQL refuses to run as root.
type account struct{ credential *syscall.Credential }

// osUser chooses the account and gives it the directory: ourselves, or for root the user postgres, else nobody.
func osUser(dir string) (account, error) {
	if os.Getuid() != 0 {
		return account{}, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		if u, err = user.Lookup("nobody"); err != nil {
			return account{}, err
		}
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return account{}, err
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return account{}, err
	}
	as := account{&syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
	return as, os.Chown(dir, int(uid), int(gid))
}

// command prepares a program in a process group of its own, so that Ctrl-C reaches the tests alone.
func (a account) command(dir, program string, args ...string) *exec.Cmd {
	cmd := exec.Command(program, args...) // #nosec G204 -- programs of the PostgreSQL installation
	cmd.Dir = dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C.UTF-8", "PGTZ=UTC"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: a.credential, Setpgid: true}
	return cmd
}
