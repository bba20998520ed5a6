# SPDX-License-Identifier: GPL-2.0-or-later
# Three origins that publish the same stream, with the images of the Dockerfile:
#
#     nomad job run deploy/nomad/hlsgen.nomad.hcl
#
# Each has hlsgen, and nginx before it, and knows of no other. They share the directory of the
# allocation, which lies on the client's disk: on one that is slow, give the client an `alloc_dir`
# on a tmpfs. Another preset or version is another stream: another job (doc/replicas.md).

variable "hlsgen" {
  type    = string
  default = "hlsgen:0.1.0"
}

variable "nginx" {
  type    = string
  default = "hlsgen-nginx:0.1.0"
}

job "hls" {
  type = "service"

  update {
    max_parallel     = 1
    health_check     = "checks"
    min_healthy_time = "10s"
    auto_revert      = true
  }

  group "origin" {
    count = 3

    constraint {
      distinct_hosts = true
    }

    network {
      mode = "bridge"
      port "http" {
        to = 17080
      }
    }

    # budget.disk of the preset, in MiB, and the logs.
    ephemeral_disk {
      size = 128
    }

    # A start leaves no seam, so the answer to every fault is a start.
    restart {
      attempts = 10
      interval = "1m"
      delay    = "1s"
      mode     = "delay"
    }

    task "hlsgen" {
      driver = "docker"
      user   = "17080:17080"

      config {
        image           = var.hlsgen
        args            = ["--preset", "720p-ultrafast", "--out", "/var/hls"]
        readonly_rootfs = true
        cap_drop        = ["all"]
        security_opt    = ["no-new-privileges"]
        pids_limit      = 64

        mount {
          type   = "bind"
          source = "../alloc/data"
          target = "/var/hls"
        }
      }

      # budget.memory of the preset, in MiB. Its processor time hlsgen bounds by itself.
      resources {
        cpu    = 100
        memory = 256
      }

      # Asks nginx, which looks whether hlsgen publishes: a hang shows 3 to 10 s after it began.
      service {
        name     = "hls"
        port     = "http"
        provider = "nomad"

        check {
          type     = "http"
          path     = "/health"
          interval = "2s"
          timeout  = "2s"

          check_restart {
            limit = 5
            grace = "60s"
          }
        }
      }

      # It goes on publishing until nginx has answered the last request.
      shutdown_delay = "15s"
      kill_timeout   = "5s"
    }

    task "nginx" {
      driver = "docker"
      user   = "17081:17081"

      config {
        image           = var.nginx
        ports           = ["http"]
        readonly_rootfs = true
        cap_drop        = ["all"]
        security_opt    = ["no-new-privileges"]

        mount {
          type     = "bind"
          source   = "../alloc/data"
          target   = "/var/hls"
          readonly = true
        }

        mount {
          type   = "tmpfs"
          target = "/run/nginx"
          tmpfs_options {
            size = 16000000
          }
        }
      }

      resources {
        cpu        = 500
        memory     = 64
        memory_max = 512
      }

      shutdown_delay = "5s"
      kill_signal    = "SIGQUIT"
      kill_timeout   = "10s"
    }
  }
}
