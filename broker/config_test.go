package broker_test

import (
	"strings"
	"testing"

	"parley/broker"
)

func TestNewRefusesBadConfig(t *testing.T) {
	node := func(c broker.Cluster) broker.Config {
		return broker.Config{Name: "a", StoreDir: "data", Cluster: &c}
	}
	for _, c := range []struct {
		name string
		cfg  broker.Config
		want []string
	}{
		{"no store", broker.Config{}, []string{"StoreDir", "missing"}},
		{"listen", broker.Config{StoreDir: "data", Listen: "4222"}, []string{"Listen", `"4222"`, "HOST:PORT"}},
		{"listen without host", broker.Config{StoreDir: "data", Listen: ":4222"}, []string{"Listen", "0.0.0.0"}},
		{"port", broker.Config{StoreDir: "data", Listen: "127.0.0.1:70000"}, []string{"Listen", "70000", "65535"}},
		{"monitor", broker.Config{StoreDir: "data", MonitorListen: "x"}, []string{"MonitorListen", `"x"`}},
		{"store limit", broker.Config{StoreDir: "data", MaxStore: -1}, []string{"MaxStore", "-1"}},
		{"name", broker.Config{StoreDir: "data", Name: "a b"}, []string{"Name", `"a b"`}},
		{"long name", broker.Config{StoreDir: "data", Name: strings.Repeat("a", 65)}, []string{"Name", "65", "64"}},
		{"node without name", broker.Config{StoreDir: "data", Cluster: &broker.Cluster{}}, []string{"Name", "cluster"}},
		{"no route", node(broker.Cluster{}), []string{"Cluster.Listen"}},
		{"route port", node(broker.Cluster{Listen: "127.0.0.1:0"}), []string{"Cluster.Listen", `"0"`, "1 to 65535"}},
		{"no peers", node(broker.Cluster{Listen: "127.0.0.1:6222"}), []string{"Cluster.Peers", "empty"}},
		{"bad peer", node(broker.Cluster{Listen: "127.0.0.1:6222", Peers: []string{"127.0.0.1:6222", "x"}}), []string{"Cluster.Peers[1]", `"x"`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := broker.New(c.cfg)
			if err == nil {
				t.Fatal("the configuration is accepted")
			}
			for _, w := range c.want {
				if !strings.Contains(err.Error(), w) {
					t.Errorf("the error %q does not contain %q", err, w)
				}
			}
		})
	}
}
