// Zhudian 驻点 runs the whole work of an investment-promotion agency: see README.md.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"zhudian/internal/fault"
)

// version is stamped by the build.
var version = "dev"

// commands are the command line; each lives in a file of its own.
type commands struct {
	Globals

	Demo     demoCmd     `cmd:"" help:"Make the demo province in a new folder and serve it on loopback."`
	Serve    serveCmd    `cmd:"" help:"Serve staff and public pages."`
	Migrate  migrateCmd  `cmd:"" help:"Bring the database to this program's version."`
	Import   importCmd   `cmd:"" help:"Read companies, units, industries, or everything."`
	Figures  figuresCmd  `cmd:"" help:"Print figures as of a date."`
	Bulletin bulletinCmd `cmd:"" help:"Write an unsigned bulletin as a Word file."`
	Ledger   ledgerCmd   `cmd:"" help:"Prove or export the ledger."`
	Audit    auditCmd    `cmd:"" help:"Prove the audit trail."`
	Period   periodCmd   `cmd:"" help:"Close a month."`
	Backup   backupCmd   `cmd:"" help:"Write a backup, also beside a running server."`
	Restore  restoreCmd  `cmd:"" help:"Put a backup into an empty folder and prove it."`
	Export   exportCmd   `cmd:"" help:"Write everything as JSON lines, for another engine."`
	User     userCmd     `cmd:"" help:"Accounts and tokens."`
	Doctor   doctorCmd   `cmd:"" help:"Look for what is wrong with an installation."`
	Version  versionCmd  `cmd:"" help:"Print the version."`
}

// Globals are the flags every command takes.
type Globals struct {
	Data    string `help:"Data folder." env:"ZHUDIAN_DATA" default:"${data}" placeholder:"DIR"`
	DB      string `name:"db" help:"A postgres:// address or another SQLite file." env:"ZHUDIAN_DB" placeholder:"DSN"`
	DBFile  string `name:"db-file" help:"A file that holds the value of --db." env:"ZHUDIAN_DB_FILE" placeholder:"FILE" hidden:""`
	Key     string `help:"The installation's secret key, 64 hexadecimal digits; default the file secret.key of the folder." env:"ZHUDIAN_KEY" hidden:""`
	KeyFile string `help:"A file that holds the secret key." env:"ZHUDIAN_KEY_FILE" hidden:""`
	As      string `help:"Account on whose behalf a writing command acts." env:"ZHUDIAN_AS" placeholder:"LOGIN"`
}

// exit codes: 0 done, 1 failed, 2 used wrongly.
const (
	exitFailed = 1
	exitUsage  = 2
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:])
	stop()
	os.Exit(code)
}

func run(ctx context.Context, args []string) int {
	var c commands
	folder := "./zhudian-data"
	if len(args) > 0 && args[0] == "demo" {
		folder = "./zhudian-demo"
	}
	exited := -1
	parser, err := kong.New(&c, kong.Name("zhudian"), kong.Description("驻点：招商工作平台。Investment promotion, figures with a birth certificate."),
		kong.Vars{"data": folder}, kong.UsageOnError(), kong.Exit(func(code int) { exited = code }), kong.BindTo(ctx, (*context.Context)(nil)), kong.Bind(&c.Globals))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return exitFailed
	}
	line, err := parser.Parse(args)
	if exited >= 0 { // --help printed what was asked for
		return exited
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "zhudian:", err)
		return exitUsage
	}
	if err := line.Run(); err != nil {
		return report(err)
	}
	return 0
}

// report tells a person at a terminal what went wrong, in both languages of the product.
func report(err error) int {
	var f *fault.Error
	if !errors.As(err, &f) {
		fmt.Fprintln(os.Stderr, "zhudian:", err)
		return exitFailed
	}
	if f.Kind == fault.Internal {
		fmt.Fprintln(os.Stderr, "zhudian:", f.Error())
		return exitFailed
	}
	fmt.Fprintf(os.Stderr, "zhudian: %s %s (%s)\n", f.Words.ZH, f.Words.EN, f.Code)
	for _, x := range f.Fields {
		fmt.Fprintf(os.Stderr, "  %s: %s %s\n", x.Name, x.Words.ZH, x.Words.EN)
	}
	if f.Kind == fault.Malformed || f.Kind == fault.Invalid {
		return exitUsage
	}
	return exitFailed
}
