// Package docker holds the test of Dockerfile and docker-compose.yml: it starts
// the cluster as containers, on a Docker engine of its own, orders through it,
// kills processes in it, stops it, starts it again, and removes everything.
//
// The engine is dockerd in network, process and mount namespaces of its own, with
// its files in a directory of the test. So it touches neither the ports, the
// firewall, the images nor the containers of this machine, and the kernel ends
// all of it with the test, however that ends. It takes root.
//
// The image is built around a program that this machine's Go has built (the
// target prebuilt), since no image can be counted on to be there for download.
//
// Files:
//
//	docker_test     what is tested
//	engine_test     the engine
//	container_test  what the engine says about containers
package docker
