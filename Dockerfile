# Small, non-root image of the server: docker build -t ggrok . && docker run -p 8080:8080 -e GGROK_TOKENS=secret ggrok
FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
WORKDIR /src
COPY global.json Directory.Build.props Directory.Packages.props .editorconfig ./
COPY Ggrok.Shared/Ggrok.Shared.csproj Ggrok.Shared/
COPY Ggrok.Server/Ggrok.Server.csproj Ggrok.Server/
RUN dotnet restore Ggrok.Server
COPY Ggrok.Shared Ggrok.Shared
COPY Ggrok.Server Ggrok.Server
RUN dotnet publish Ggrok.Server -c Release -o /app --no-restore

# Chiseled: no shell, no package manager, a non-root user.
FROM mcr.microsoft.com/dotnet/aspnet:10.0-noble-chiseled
WORKDIR /app
COPY --from=build /app .
# The base image names port 8080 itself; PORT alone decides, without a warning at every start.
ENV PORT=8080 ASPNETCORE_HTTP_PORTS=
EXPOSE 8080
USER $APP_UID
HEALTHCHECK --interval=30s --timeout=6s --start-period=10s CMD ["dotnet", "Ggrok.Server.dll", "--health"]
ENTRYPOINT ["dotnet", "Ggrok.Server.dll"]
