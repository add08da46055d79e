package main

import (
	"strconv"
	"time"

	"github.com/alecthomas/kong"

	"parley/blog"
	"parley/blog/shards"
	"parley/chatgw/frame"
	"parley/idworker/snowflake"
	"parley/internal/cluster"
	"parley/participants/food"
	"parley/wire"
	"parley/wire/blogwire"
	"parley/wire/idwire"
	"parley/wire/txwire"
)

const about = `Parley makes services on NATS agree: a transaction across services is committed everywhere or nowhere, whichever process dies; an ID is never issued twice.

Start with "parley up" and, in another terminal, "parley menu" and "parley order".`

// commands is the grammar of the command line.
type commands struct {
	Up          upCmd          `cmd:"" group:"run" help:"Run everything in this process, with its own broker."`
	Cluster     clusterCmd     `cmd:"" group:"run" help:"Run a cluster on this machine: three brokers and everything else, each a separate process."`
	Broker      brokerCmd      `cmd:"" group:"run" help:"Run a NATS broker that syncs what it acknowledges, alone or in a cluster."`
	Init        initCmd        `cmd:"" group:"run" help:"Create the streams on a broker, once."`
	Coordinator coordinatorCmd `cmd:"" group:"run" help:"Run a transaction coordinator."`
	Inventory   inventoryCmd   `cmd:"" group:"run" help:"Run the participant that holds items, stock and prices."`
	Delivery    deliveryCmd    `cmd:"" group:"run" help:"Run the participant that holds couriers and zones."`
	Idworker    idworkerCmd    `cmd:"" group:"run" help:"Run a worker that issues unique IDs."`
	Order       orderCmd       `cmd:"" group:"use" help:"Order food: take stock and a courier, or neither."`
	Menu        menuCmd        `cmd:"" group:"use" help:"Show what can be ordered and its price."`
	Stock       stockCmd       `cmd:"" group:"use" help:"Show the stock of every item, or add to it."`
	Couriers    couriersCmd    `cmd:"" group:"use" help:"Show the couriers, or set one free after a delivery."`

	Chatgw chatgwCmd `cmd:"" group:"run" help:"Run a chat gateway between browsers and NATS."`

	ID   idCmd   `cmd:"" group:"ids" help:"Get unique IDs, decode them, show the workers that issue them."`
	Blog blogCmd `cmd:"" group:"ids" help:"Write and read posts, stored in shards; run the blog."`

	Chat chatCmd `cmd:"" group:"chat" help:"Talk in a room from the terminal."`

	Tx      txCmd      `cmd:"" group:"see" help:"Submit, show and resolve transactions."`
	Conform conformCmd `cmd:"" group:"see" help:"Check a participant in any language against the protocol."`
	Observe observeCmd `cmd:"" group:"see" help:"Print every message of the protocol as it is sent."`
	Status  statusCmd  `cmd:"" group:"see" help:"Show the processes, the durability, and the transactions in doubt."`
	Health  healthCmd  `cmd:"" group:"see" help:"Check whether one process serves."`
	Bench   benchCmd   `cmd:"" group:"see" help:"Measure how fast this machine is."`
	Version versionCmd `cmd:"" group:"see" help:"Print the version of this program and how it was built."`

	ShowVersion versionFlag `name:"version" help:"Print the version and how it was built, as the command version does."`
}

// txCmd groups the commands about transactions.
type txCmd struct {
	Submit  txSubmitCmd  `cmd:"" help:"Submit a transaction to any participants."`
	Show    txShowCmd    `cmd:"" help:"Show one transaction, by id or key, at every participant."`
	List    txListCmd    `cmd:"" help:"List the transactions that are unfinished or in doubt."`
	Resolve txResolveCmd `cmd:"" help:"Resolve a transaction in doubt now."`
	Abandon txAbandonCmd `cmd:"" help:"Stop waiting for a branch whose journal is permanently lost."`
	Retry   txRetryCmd   `cmd:"" help:"Make a participant retry an outcome that its resource failed to apply."`
}

// blogCmd groups the commands about posts; without one it runs the blog.
type blogCmd struct {
	Serve    blogServeCmd    `cmd:"" default:"withargs" help:"Run the blog."`
	Post     blogPostCmd     `cmd:"" help:"Write a post."`
	Read     blogReadCmd     `cmd:"" help:"Read one post."`
	Timeline blogTimelineCmd `cmd:"" help:"Read the newest posts, of one user or of all."`
}

// benchCmd groups the measurements.
type benchCmd struct {
	Tx   benchTxCmd   `cmd:"" help:"Measure committed transactions a second and their latency."`
	ID   benchIDCmd   `cmd:"" help:"Measure IDs a second: in the process, by request, by block."`
	Chat benchChatCmd `cmd:"" help:"Measure the chat: memory, joins, deliveries, history."`
	Echo benchEchoCmd `cmd:"" hidden:"" help:"Answer requests, for the benchmark of IDs."`
}

func groups() []kong.Group {
	return []kong.Group{
		{Key: "run", Title: "Run:"},
		{Key: "use", Title: "Order food:"},
		{Key: "ids", Title: "IDs and the blog:"},
		{Key: "chat", Title: "Chat:"},
		{Key: "see", Title: "Observe and operate:"},
	}
}

// limits returns the variables of help texts.
func limits() kong.Vars {
	return kong.Vars{
		"max_quantity":    strconv.FormatInt(food.MaxQuantity, 10),
		"max_key":         strconv.Itoa(wire.MaxKey),
		"max_branches":    strconv.Itoa(txwire.MaxBranches),
		"max_events":      strconv.Itoa(txwire.MaxEvents),
		"max_event_bytes": strconv.Itoa(txwire.MaxEventBytes),
		"max_timeout":     plain(txwire.MaxTimeout),
		"timeout":         plain(txwire.DefaultTimeout),
		"max_history":     strconv.Itoa(frame.MaxPage),
		"blog_listen":     blog.DefaultListen,
		"default_shards":  strconv.Itoa(shards.DefaultShards),
		"cluster_ports":   strconv.Itoa(cluster.Ports),
		"max_ids":         strconv.Itoa(idwire.MaxIDs),
		"min_interval":    plain(minInterval),
		"max_worker":      strconv.Itoa(snowflake.MaxWorker),
		"max_page":        strconv.Itoa(blogwire.MaxPage),
		"default_page":    strconv.Itoa(blogwire.DefaultPage),
	}
}

// plain formats a duration without the zero minutes and seconds that
// [time.Duration.String] adds.
func plain(d time.Duration) string {
	switch {
	case d%time.Hour == 0:
		return strconv.Itoa(int(d/time.Hour)) + "h"
	case d%time.Minute == 0:
		return strconv.Itoa(int(d/time.Minute)) + "m"
	default:
		return d.String()
	}
}
