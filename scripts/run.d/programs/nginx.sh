# start_nginx DIRECTORY: an nginx that serves it; sourced.
# shellcheck shell=bash
start_nginx()
{
	cat >"$ROW/nginx.conf" <<-CONF
		daemon off;
		user root;
		worker_processes 1;
		pid $ROW/nginx.pid;
		error_log $ROW/error.log;
		events { worker_connections 256; }
		http {
		    access_log off;
		    sendfile on;
		    client_body_temp_path $ROW/body;
		    proxy_temp_path $ROW/proxy;
		    fastcgi_temp_path $ROW/fastcgi;
		    uwsgi_temp_path $ROW/uwsgi;
		    scgi_temp_path $ROW/scgi;
		    server { listen $SERVER_ADDRESS:80; root $1; }
		}
	CONF
	start nginx -c "$ROW/nginx.conf" -e "$ROW/error.log"
	wait_for_port 80
}
