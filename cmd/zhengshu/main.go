// Command zhengshu governs and publishes a province's government websites and
// official new-media accounts: one binary, one short file per command.
//
// JSON goes to stdout, people's words to stderr. Exit status: 0 done (findings
// never change it), 3 done with rows refused or damage found, 1 could not, 64
// wrong usage.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"zhengshu/internal/fault"
)

// Exit statuses of every command.
const (
	exitDone    = 0
	exitCould   = 1 // could not
	exitPartial = 3 // done, with rows refused or damage found
	exitUsage   = 64
)

// command is one verb of the command line.
type command struct {
	name string // "check page"
	args string // what follows, for --help
	says string // one line
	help string // the rest of the documentation
	run  func(ctx context.Context, c *call) error
}

// call is one run of a command.
type call struct {
	command
	flags  *flag.FlagSet
	argv   []string // before parsing
	args   []string // what is not a flag
	stdin  io.Reader
	stdout io.Writer
	stderr io.Writer
}

// parse reads the flags, which may stand before or after the arguments, and
// checks how many arguments there are.
func (c *call) parse(least, most int) error {
	rest := c.argv
	for len(rest) > 0 {
		if err := c.flags.Parse(rest); err != nil {
			return usage{err.Error()}
		}
		rest = c.flags.Args()
		if len(rest) == 0 {
			break
		}
		if rest[0] == "--" {
			c.args = append(c.args, rest[1:]...)
			break
		}
		c.args = append(c.args, rest[0])
		rest = rest[1:]
	}
	if len(c.args) < least || len(c.args) > most {
		return usage{fmt.Sprintf("需要 %s", strings.TrimSpace("zhengshu "+c.name+" "+c.command.args))}
	}
	return nil
}

// usage is a wrongly used command.
type usage struct{ says string }

func (u usage) Error() string { return u.says }

// errPartial says that the command is done and something was refused or found.
var errPartial = errors.New("done, with refusals or damage")

var commands = append([]command{
	serveCommand, portalCommand, workCommand, agentCommand, migrateCommand, demoCommand,
	importCommand("units"), importCommand("sites"), importCommand("accounts"), importItemsCommand, importSiteCommand, exportItemsCommand,
	inspectCommand, crawlCommand, checkPageCommand, checkTextCommand, checkHostsCommand, searchCommand,
	verifyAuditCommand, verifySiteCommand, exportSiteCommand, verifyBlobsCommand, verifyEvidenceCommand, copyBlobsCommand, backupCommand, restoreCommand, firstLoginCommand, tokenCommand, qualityCommand, versionCommand,
}, themeCommands...)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run is main without the process: tests call it.
func run(ctx context.Context, argv []string, stdin io.Reader, stdout, stderr io.Writer) int {
	if len(argv) == 0 || argv[0] == "help" || argv[0] == "--help" || argv[0] == "-h" {
		overview(stderr)
		if len(argv) == 0 {
			return exitUsage
		}
		return exitDone
	}
	cmd, rest, ok := find(argv)
	if !ok {
		fmt.Fprintf(stderr, "没有“%s”这个命令。\n\n", strings.Join(argv[:min(len(argv), 2)], " "))
		overview(stderr)
		return exitUsage
	}
	c := &call{command: cmd, argv: rest, stdin: stdin, stdout: stdout, stderr: stderr}
	c.flags = flag.NewFlagSet("zhengshu "+cmd.name, flag.ContinueOnError)
	c.flags.SetOutput(io.Discard)
	return c.exit(cmd.run(ctx, c))
}

func (c *call) exit(err error) int {
	var u usage
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, errPartial):
		return exitPartial
	case errors.Is(err, flag.ErrHelp) || errors.As(err, &u) && u.says == flag.ErrHelp.Error():
		c.document()
		return exitDone
	case errors.As(err, &u):
		fmt.Fprintf(c.stderr, "用法不对：%s\n\n", u.says)
		c.document()
		return exitUsage
	}
	f := fault.Of(err)
	if f.Kind == fault.Internal {
		fmt.Fprintf(c.stderr, "没有完成：%v\n", err)
	} else {
		fmt.Fprintf(c.stderr, "没有完成：%s\n", f.Says)
		for _, field := range f.Fields {
			fmt.Fprintf(c.stderr, "  %s：%s\n", field.Name, field.Says)
		}
		if f.Cause != nil {
			fmt.Fprintf(c.stderr, "  （%v）\n", f.Cause)
		}
	}
	return exitCould
}

// find matches the longest command name at the front of argv.
func find(argv []string) (command, []string, bool) {
	for n := min(2, len(argv)); n > 0; n-- {
		name := strings.Join(argv[:n], " ")
		for _, c := range commands {
			if c.name == name {
				return c, argv[n:], true
			}
		}
	}
	return command{}, nil, false
}

func overview(w io.Writer) {
	fmt.Fprint(w, "政枢 Zhengshu：政府网站与政务新媒体的监管与发布平台\n\n用法：zhengshu 命令 [参数]    各命令加 --help 看说明\n\n")
	for _, c := range commands {
		fmt.Fprintf(w, "  %-34s %s\n", strings.TrimSpace(c.name+" "+c.args), c.says)
	}
}

// document prints the command's help, which is its documentation.
func (c *call) document() {
	fmt.Fprintf(c.stderr, "zhengshu %s %s\n\n%s\n", c.name, c.command.args, c.says)
	if c.help != "" {
		fmt.Fprintf(c.stderr, "\n%s\n", strings.TrimSpace(c.help))
	}
	lines := 0
	c.flags.VisitAll(func(f *flag.Flag) {
		if lines == 0 {
			fmt.Fprint(c.stderr, "\n参数：\n")
		}
		lines++
		def := ""
		if f.DefValue != "" && f.DefValue != "false" && f.DefValue != "0" {
			def = "（默认 " + f.DefValue + "）"
		}
		fmt.Fprintf(c.stderr, "  --%-14s %s%s\n", f.Name, f.Usage, def)
	})
	fmt.Fprint(c.stderr, "\n退出码：0 完成；3 完成但有被拒的行或发现损坏；1 没有完成；64 用法不对。\n")
}
